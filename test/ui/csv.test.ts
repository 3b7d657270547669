import assert from "node:assert/strict";
import { test } from "node:test";
import { csv } from "../../ui/parts/csv.ts";

test("a table is what RFC 4180 says, and no text in it becomes a formula", () => {
  assert.equal(
    csv([["name", "n"], ['a "b", c', 1], [null, -2], ["two\nlines", undefined]]),
    'name,n\r\n"a ""b"", c",1\r\n,-2\r\n"two\nlines",\r\n',
  );
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\u3000=1", "＝1", "＋1", "－1", "＠A"]) {
    assert.equal(csv([[text]]), `'${text}\r\n`, text);
  }
  for (const text of ["\r=1", "\n=1"]) assert.equal(csv([[text]]), `"'${text}"\r\n`);
  assert.equal(csv([["=cmd|'/c calc'!A1,1"]]), `"'=cmd|'/c calc'!A1,1"\r\n`);
});
