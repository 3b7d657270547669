// What libp2p hands out and gives no name of its own.

import type { Libp2p, Libp2pOptions } from "libp2p";

export type Connection = ReturnType<Libp2p["getConnections"]>[number];
export type Stream = Awaited<ReturnType<Connection["newStream"]>>;
export type Protector = ReturnType<NonNullable<Libp2pOptions["connectionProtector"]>>;
export type ProtectedStream = Parameters<Protector["protect"]>[0];
