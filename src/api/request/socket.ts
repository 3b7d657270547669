// A socket as the API sees it: texts in and out. The server has made a WebSocket of a connection behind it.

export interface Socket {
  /** Characters that are sent and not yet on their way. */
  readonly waiting: number;
  send(text: string): void;
  /** `code`: RFC 6455 §7.4. Twice is once. */
  close(code: number, reason: string): void;
  onText(listener: (text: string) => void): void;
  /** Called once. */
  onClose(listener: () => void): void;
}

/** Takes a socket over, once the connection is one. */
export type Accept = (socket: Socket) => void;

export const CLOSED = { going: 1001, refused: 1008, tooMuch: 1009, later: 1013 } as const;
