/** What the driver and the processes that it forks say to each other. */
export type ToServer =
  | { readonly say: 'publish'; readonly count: number }
  | { readonly say: 'memory' }
  | { readonly say: 'stop' };

export type FromServer =
  | { readonly say: 'listening'; readonly port: number; readonly bytes: number }
  | { readonly say: 'memory'; readonly rss: number; readonly cpuMs: number };

export type ToClient =
  | { readonly say: 'connect'; readonly port: number; readonly subscribers: number; readonly kind: Kind }
  /** Stop reading from the network, for good. */
  | { readonly say: 'pause' }
  | { readonly say: 'stop' };

export type FromClient =
  | { readonly say: 'connected' }
  /** So many events have come to every subscriber. */
  | { readonly say: 'received'; readonly events: number };

/** What is measured: this server's delivery, or a bare broadcast of the same bytes by ws. */
export type Kind = 'dompet' | 'bare';

export const USER_ID = 'bench-user';

export const QUERY = `subscription Watch($userId: ID!) {
  balanceUpdated(userId: $userId) {
    cursor delivery occurredAt
    balance { version posted { amount currency } held { amount } available { amount } }
    change { amount } transaction { id type status amount { amount currency } merchantName }
  }
}`;
