// Labels are what users write on tasks and on peers, to find them and to place them.

export type Labels = { readonly [name: string]: string };

export const LABELS_MAX = 64;
export const LABEL_NAME_MAX = 63;
export const LABEL_VALUE_MAX = 256;
