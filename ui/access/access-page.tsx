/** @jsxImportSource preact */
// Who and what may ask this mesh: users, and the tokens of scripts and programs.

import { Tokens } from "./tokens.tsx";
import { Users } from "./users.tsx";

export function AccessPage() {
  return (
    <>
      <div class="head">
        <h1>Access</h1>
      </div>
      <Users>
        <Tokens />
      </Users>
    </>
  );
}
