/** @jsxImportSource preact */
// Who and what may ask this mesh: the tokens of scripts and programs.

import "../styles/plain.css";
import { Tokens } from "./tokens.tsx";

export function AccessPage() {
  return (
    <>
      <div class="head">
        <h1>Access</h1>
      </div>
      <Tokens />
    </>
  );
}
