// JSON as data: what a payload, a register and a stored record are made of.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
