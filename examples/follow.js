/**
 * Follows a wallet and misses nothing: the part that Node and a browser share.
 *
 * The newest cursor is kept by `memory` after each message, so that not only a lost connection but also a restart of this
 * program goes on where it was. Versions grow by exactly one with every change: a gap would be seen here.
 *
 * @param {object} options
 * @param {typeof import('graphql-ws').createClient} options.createClient
 * @param {string} options.url such as ws://localhost:4000/graphql
 * @param {string} options.apiKey
 * @param {string} options.userId whose wallet
 * @param {unknown} [options.webSocketImpl] where there is no WebSocket yet
 * @param {{ load(): string | undefined, save(cursor: string): void }} options.memory
 * @param {(update: object, note: string) => void} options.onUpdate
 * @param {(status: string) => void} options.onStatus
 * @returns {() => void} stops
 */
export function follow({ createClient, url, apiKey, userId, webSocketImpl, memory, onUpdate, onStatus }) {
  const client = createClient({
    url,
    ...(webSocketImpl && { webSocketImpl }),
    connectionParams: { 'X-API-Key': apiKey },
    // This program reconnects by itself, since a new subscription has to begin after the newest cursor.
    retryAttempts: 0,
    on: { connected: () => onStatus('connected') },
  });
  const query = `subscription Follow($userId: ID!, $after: EventCursor) {
    balanceUpdated(userId: $userId, after: $after) {
      cursor delivery occurredAt
      balance { version available { amount currency } }
      change { amount }
      transaction { type status merchantName }
    }
  }`;
  let version;
  let stopped = false;

  const take = (update) => {
    const { delivery, balance, cursor } = update;
    const expected = delivery === 'SNAPSHOT' || delivery === 'PROGRESS' ? balance.version : version + 1;
    const complete = version === undefined || balance.version === expected;
    version = balance.version;
    memory.save(cursor);
    onUpdate(update, complete ? 'nothing missed' : `versions up to ${balance.version} are missing`);
  };

  const run = async () => {
    while (!stopped) {
      try {
        const after = memory.load();
        for await (const { data, errors } of client.iterate({ query, variables: { userId, after } })) {
          if (errors) throw errors;
          take(data.balanceUpdated);
        }
      } catch (cause) {
        if (!stopped) onStatus(reasonOf(cause));
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  void run();
  return () => {
    stopped = true;
    void client.dispose();
  };
}

/** A close event of a socket, errors of the server, or an error of the network. */
function reasonOf(cause) {
  if (Array.isArray(cause)) return cause.map((error) => error.message).join('; ');
  if (typeof cause?.code === 'number') return `disconnected (${cause.code} ${cause.reason ?? ''})`;
  return 'the server is away';
}
