import type { Reply, ServerProcess } from '../support/processes.js';

/** What a test looks at in an answer about a transaction or a user. */
export interface Told {
  readonly id: string | undefined;
  readonly status: string | undefined;
  readonly replayed: boolean | undefined;
  /** The code of the refusal, if it was refused. */
  readonly code: string | undefined;
  /** The codes of what is no refusal: there should be none. */
  readonly errors: readonly unknown[];
}

const TRANSACTION = 'transaction { id status } replayed userErrors { code }';

const documents = {
  createUser:
    'mutation ($input: CreateUserInput!) { told: createUser(input: $input) { user { id status } userErrors { code } } }',
  changeUserStatus:
    'mutation ($input: ChangeUserStatusInput!) { told: changeUserStatus(input: $input) { user { id status } userErrors { code } } }',
  createTransaction: `mutation ($input: CreateTransactionInput!) { told: createTransaction(input: $input) { ${TRANSACTION} } }`,
  refund: `mutation ($input: RefundInput!) { told: refund(input: $input) { ${TRANSACTION} } }`,
  reviewTransaction:
    'mutation ($input: ReviewTransactionInput!) { told: reviewTransaction(input: $input) { transaction { id status } userErrors { code } } }',
  reverseTransaction: `mutation ($input: ReverseTransactionInput!) { told: reverseTransaction(input: $input) { ${TRANSACTION} } }`,
} as const;

export type Operation = keyof typeof documents;

export async function call(
  server: Pick<ServerProcess, 'request'>,
  operation: Operation,
  input: Record<string, unknown>,
): Promise<Told> {
  return toldOf(await server.request(documents[operation], { input }));
}

function toldOf({ data, errors }: Reply): Told {
  const told = data?.told;
  const subject = told?.transaction ?? told?.user;
  return {
    id: subject?.id,
    status: subject?.status,
    replayed: told?.replayed,
    code: told?.userErrors[0]?.code,
    errors: errors.map(({ extensions }) => extensions['code']),
  };
}

export const myr = (amount: string) => ({ amount, currency: 'MYR' });

let made = 0;

/** A key that no other call has. */
export function newKey(): string {
  made += 1;
  return `key-${made}`;
}

/** Where it is this hour now, so that a rule of the night hits or does not, whenever the test runs. */
export function zoneAtHour(hour: number): string {
  let ahead = hour - new Date().getUTCHours();
  if (ahead > 12) ahead -= 24;
  if (ahead < -12) ahead += 24;
  // The sign of these names is the other way round.
  if (ahead === 0) return 'Etc/GMT';
  return ahead > 0 ? `Etc/GMT-${ahead}` : `Etc/GMT+${-ahead}`;
}

export async function makeUser(
  server: ServerProcess,
  id: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const input = { id, email: `${id}@example.com`, fullName: id, currency: 'MYR', timeZone: zoneAtHour(12) };
  const { code, errors } = await call(server, 'createUser', { ...input, ...more });
  if (code || errors.length > 0) throw new Error(`user ${id} was not made: ${code} ${errors}`);
  return id;
}

export const topUp = (server: ServerProcess, userId: string, amount: string) =>
  call(server, 'createTransaction', {
    userId,
    type: 'TOP_UP',
    amount: myr(amount),
    idempotencyKey: newKey(),
  });

export const purchase = (
  server: ServerProcess,
  userId: string,
  amount: string,
  idempotencyKey: string = newKey(),
) =>
  call(server, 'createTransaction', {
    userId,
    amount: myr(amount),
    merchantName: 'Kopi',
    merchantCategory: 'food',
    idempotencyKey,
  });

/** Makes `count` calls at once, in turn on each server. */
export function atOnce(
  count: number,
  servers: readonly ServerProcess[],
  make: (server: ServerProcess, index: number) => Promise<Told>,
): Promise<Told[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      make(servers[index % servers.length] as ServerProcess, index),
    ),
  );
}

/** How many of each answer there are, by status and code; whatever is no refusal stands under its own code. */
export function tally(answers: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code, errors } of answers) {
    const name = errors.length > 0 ? `error ${errors}` : [status, code].filter(Boolean).join(' ');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
