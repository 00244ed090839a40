/** Writes where a stream stands. Opaque to clients, so that a position can become something else one day. */
export function writeCursor(position: number): string {
  return Buffer.from(`p1:${position}`).toString('base64url');
}
