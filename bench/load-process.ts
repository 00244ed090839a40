import { HttpCaller } from './http-caller.js';
import { type Contender, drive, type Open, type Order } from './load.js';
import { openNaiveOrm } from './naive-orm.js';
import { openBetterSqlite, openRawSql } from './raw-sql.js';
import { bodyOf, itemsOf, marks } from './requests.js';

/** A process that only makes load: it is told what to do, and tells what it measured. */
async function openGraphql({ url, operation, callers }: Order): Promise<Open> {
  const sockets = await Promise.all(Array.from({ length: callers }, () => HttpCaller.open(url)));
  // A connection is the server's only once it has been accepted, and under load that comes one by one: nobody's first answer
  // is to be measured by it.
  await Promise.all(sockets.map((socket) => socket.ask('{"query":"{ __typename }"}')));
  const mark = marks[operation];
  const wanted = itemsOf(operation);
  return {
    attempts: sockets.map((socket) => async (user, number, key) => {
      const answer = await socket.ask(bodyOf(operation, user, number, key));
      return wanted === 1 ? answer.includes(mark) : answer.split(mark).length - 1 === wanted;
    }),
    close: async () => {
      for (const socket of sockets) socket.close();
    },
  };
}

const openers: Readonly<Record<Exclude<Contender, 'graphql'>, (order: Order) => Promise<Open>>> = {
  'raw SQL': (order) => openRawSql(order, true),
  'raw SQL, no log': (order) => openRawSql(order, false),
  'naive ORM': openNaiveOrm,
  'better-sqlite3': openBetterSqlite,
};

/** What is slow to open stays open for the next round: connecting is no part of what is measured. */
const opened = new Map<string, Promise<Open>>();

async function closeAll(): Promise<void> {
  for (const open of opened.values()) await (await open).close();
  opened.clear();
}

process.on('message', async (order: Order | 'reset') => {
  if (order === 'reset') {
    await closeAll();
    return process.send?.(order);
  }
  const { contender, url, callers } = order;
  if (contender === 'graphql') {
    // A server closes connections that were idle for long, as they are between rounds.
    const { attempts, close } = await openGraphql(order);
    const sample = await drive(attempts, order);
    await close();
    return process.send?.(sample);
  }
  const key = JSON.stringify([contender, url, callers]);
  let open = opened.get(key);
  if (!open) {
    open = openers[contender](order);
    opened.set(key, open);
  }
  const { attempts } = await open;
  return process.send?.(await drive(attempts, order));
});
