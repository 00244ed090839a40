import { CloseCode } from 'graphql-ws';
import type { Access } from '../access/access.js';
import type { Principal } from '../access/principal.js';
import type { Connection } from './socket.js';

/** The sockets that are open, by who opened them. */
export class Connections {
  readonly #byPrincipal = new Map<string, Set<Connection>>();

  /** Takes in a connection and returns how many its principal has now. */
  add(connection: Connection, principal: Principal): number {
    connection.principal = principal;
    const open = this.#byPrincipal.get(principal.id) ?? new Set();
    this.#byPrincipal.set(principal.id, open.add(connection));
    return open.size;
  }

  delete(connection: Connection): void {
    const id = connection.principal?.id ?? '';
    const open = this.#byPrincipal.get(id);
    open?.delete(connection);
    if (open?.size === 0) this.#byPrincipal.delete(id);
  }

  /** Closes the sockets of those whose key was revoked, whose token has expired or who are suspended meanwhile. */
  async closeEnded(access: Access): Promise<void> {
    const open = [...this.#byPrincipal.values()].flatMap((connections) => [...connections]);
    const ended = await access.findEnded(new Set(open.flatMap(({ principal }) => principal ?? [])));
    for (const { principal, socket } of open) {
      if (principal && ended.has(principal)) socket.close(CloseCode.Forbidden, 'Your authority has ended.');
    }
  }
}
