import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type Calls, callsOf, type Told } from '../support/api.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { exporting, exportingSlowly, insertMany } from '../support/export.js';
import { until } from '../support/processes.js';

const LARGE = 50_000;

describe.each(databases)('the export of transactions on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  let userId: string;
  let other: string;
  let large: string;
  const id: Record<string, string> = {};
  const logged: Told[] = [];
  beforeAll(async () => {
    const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
    test = await startApp(
      kind,
      { FRAUD_VELOCITY_POINTS: '0', FRAUD_HIGH_VALUE_THRESHOLD: '500', FRAUD_HIGH_VALUE_POINTS: '60' },
      new FakeClock(NOON),
      { log },
    );
    call = callsOf(test);
    userId = await call.newUser();
    other = await call.newUser({ currency: 'SGD', funds: '9.00' });
    large = await call.newUser();
    await insertMany(test, large, LARGE);
    const keep = async (name: string, asked: Promise<Told>) => {
      id[name] = (await asked).transaction.id;
      test.clock.advance(60_000);
    };
    const named = (idempotencyKey: string, merchantName: string, merchantCategory: string) => ({
      idempotencyKey,
      merchantName,
      merchantCategory,
    });
    await keep('topUp', call.topUp(userId, '500.00 MYR', { idempotencyKey: '=1+1' }));
    await keep('kopi', call.purchase(userId, '10.00 MYR', named('k', '=HYPERLINK("x"), Kopi', 'food')));
    await keep('same', call.purchase(userId, '10.00 MYR', named('s', '=HYPERLINK("x"), Kopi', 'food')));
    await keep(
      'taxi',
      call.purchase(userId, '20.01 SGD', { ...named('t', 'Taxi', 'transport'), metadata: { b: [1, '"'] } }),
    );
    await keep(
      'refund',
      call.refund(id.taxi as string, '5.00 SGD', { idempotencyKey: 'r', reason: '- late' }),
    );
    await keep('failed', call.withdraw(userId, '499.00 MYR', { idempotencyKey: 'f' }));
    await keep('held', call.topUp(userId, '500.01 MYR', { idempotencyKey: 'h' }));
  });
  afterAll(() => test.close());

  const ask = (what: string, headers?: Record<string, string>) => exporting(test.app.url, what, headers);

  it('is a CSV file, byte by byte', async () => {
    const answer = await ask(`csv?userId=${userId}`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="transactions.csv"',
      'cache-control': 'no-store',
    });
    const at = (minute: number) => `2026-03-10T04:0${minute}:00.000Z,2026-03-10T04:0${minute}:00.000Z`;
    expect(await answer.text()).toBe(
      [
        'id,userId,type,status,amount,currency,walletAmount,walletCurrency,baseAmount,baseCurrency,exchangeRate,refundedAmount,merchantName,merchantCategory,fraudScore,fraudFlags,failureCode,originalTransactionId,reason,idempotencyKey,metadata,createdAt,updatedAt',
        `${id.topUp},${userId},TOP_UP,COMPLETED,500.00,MYR,500.00,MYR,500.00,MYR,1,0.00,,,0,,,,,'=1+1,,${at(0)}`,
        `${id.kopi},${userId},PURCHASE,COMPLETED,10.00,MYR,10.00,MYR,10.00,MYR,1,0.00,"'=HYPERLINK(""x""), Kopi",food,0,,,,,k,,${at(1)}`,
        `${id.same},${userId},PURCHASE,COMPLETED,10.00,MYR,10.00,MYR,10.00,MYR,1,0.00,"'=HYPERLINK(""x""), Kopi",food,0,POSSIBLE_DUPLICATE,,,,s,,${at(2)}`,
        `${id.taxi},${userId},PURCHASE,COMPLETED,20.01,SGD,70.04,MYR,70.04,MYR,3.5,5.00,Taxi,transport,20,UNUSUAL_AMOUNT,,,,t,"{""b"":[1,""\\""""]}",2026-03-10T04:03:00.000Z,2026-03-10T04:04:00.000Z`,
        `${id.refund},${userId},REFUND,COMPLETED,-5.00,SGD,-17.50,MYR,-17.50,MYR,3.5,0.00,Taxi,transport,0,,,${id.taxi},'- late,r,,${at(4)}`,
        `${id.failed},${userId},WITHDRAWAL,FAILED,499.00,MYR,499.00,MYR,499.00,MYR,1,0.00,,,20,UNUSUAL_AMOUNT,INSUFFICIENT_BALANCE,,,f,,${at(5)}`,
        `${id.held},${userId},TOP_UP,PENDING,500.01,MYR,500.01,MYR,500.01,MYR,1,0.00,,,60,HIGH_VALUE,,,,h,,${at(6)}`,
        '',
      ].join('\r\n'),
    );
  });

  it('is a JSON Lines file with the texts as they are', async () => {
    const answer = await ask(`jsonl?userId=${userId}&type=REFUND,PURCHASE&merchantCategory=transport`);
    expect(answer.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="transactions.jsonl"');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    const shared = {
      userId,
      status: 'COMPLETED',
      currency: 'SGD',
      walletCurrency: 'MYR',
      baseCurrency: 'MYR',
      exchangeRate: '3.5',
      merchantName: 'Taxi',
      merchantCategory: 'transport',
      failureCode: null,
    };
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        ...shared,
        id: id.taxi,
        type: 'PURCHASE',
        amount: '20.01',
        walletAmount: '70.04',
        baseAmount: '70.04',
        refundedAmount: '5.00',
        fraudScore: 20,
        fraudFlags: ['UNUSUAL_AMOUNT'],
        originalTransactionId: null,
        reason: null,
        idempotencyKey: 't',
        metadata: { b: [1, '"'] },
        createdAt: '2026-03-10T04:03:00.000Z',
        updatedAt: '2026-03-10T04:04:00.000Z',
      },
      {
        ...shared,
        id: id.refund,
        type: 'REFUND',
        amount: '-5.00',
        walletAmount: '-17.50',
        baseAmount: '-17.50',
        refundedAmount: '0.00',
        fraudScore: 0,
        fraudFlags: [],
        originalTransactionId: id.taxi,
        reason: '- late',
        idempotencyKey: 'r',
        metadata: null,
        createdAt: '2026-03-10T04:04:00.000Z',
        updatedAt: '2026-03-10T04:04:00.000Z',
      },
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['', {}],
    ['status=FAILED', { status: ['FAILED'] }],
    ['status=FAILED&status=PENDING', { status: ['FAILED', 'PENDING'] }],
    ['type=TOP_UP,WITHDRAWAL', { type: ['TOP_UP', 'WITHDRAWAL'] }],
    ['merchantCategory=transport,foo', { merchantCategory: ['transport', 'foo'] }],
    ['fraudFlag=POSSIBLE_DUPLICATE,HIGH_VALUE', { fraudFlag: ['POSSIBLE_DUPLICATE', 'HIGH_VALUE'] }],
    ['fraudScoreFrom=20&fraudScoreTo=60', { fraudScore: { gte: 20, lt: 60 } }],
    ['amountFrom=-17.50&amountTo=70.04', { amount: { gte: '-17.50', lt: '70.04' } }],
    [
      'from=2026-03-10T12:01:00%2B08:00&to=2026-03-10T04:05:00Z',
      { createdAt: { gte: '2026-03-10T04:01:00Z', lt: '2026-03-10T04:05:00Z' } },
    ],
    ['from=2027-01-01T00:00:00Z', { createdAt: { gte: '2027-01-01T00:00:00Z' } }],
    [
      'type=PURCHASE&fraudScoreFrom=0&amountTo=50',
      { type: ['PURCHASE'], fraudScore: { gte: 0 }, amount: { lt: '50' } },
    ],
  ])('holds what the list of transactions does: %s', async (parameters, filter) => {
    const { transactions } = await call.query(
      `query($userId: ID!, $filter: TransactionFilter) { transactions(userId: $userId, filter: $filter,
        orderBy: { field: CREATED_AT, direction: ASC }) { nodes { id } } }`,
      { userId, filter },
    );
    const lines = (await (await ask(`jsonl?userId=${userId}&${parameters}`)).text()).split('\n').slice(0, -1);
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(transactions.nodes.map((node: Told) => node.id));
  });

  it('is empty but for its head where there is nothing, and of all users where none is named', async () => {
    for (const nobody of ['nobody', "x'; --", '%00']) {
      expect((await (await ask(`csv?userId=${nobody}`)).text()).split('\r\n').length).toBe(2);
      expect(await (await ask(`jsonl?userId=${nobody}`)).text()).toBe('');
    }
    const text = await (await ask('jsonl?from=2026-01-01T00:00:00Z')).text();
    const users = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).userId);
    expect([users.length, new Set(users)]).toEqual([8, new Set([userId, other])]);
  });

  it('holds every row once, oldest first, and nothing that was made after it began', async () => {
    const answer = await ask(`csv?userId=${large}`);
    test.clock.advance(1_000);
    const late = (await call.topUp(large, '1.00 MYR')).transaction.id;
    const lines = (await answer.text()).split('\r\n').slice(1, -1);
    const instants = lines.map((line) => line.split(',').at(-2) as string);
    expect(new Set(lines.map((line) => line.slice(0, 36))).size).toBe(LARGE);
    expect([lines.length, instants]).toEqual([LARGE, [...instants].sort()]);
    expect(await (await ask(`jsonl?userId=${large}&type=TOP_UP`)).text()).toContain(late);
  });

  it('is not there for HEAD, which would read all of it for nothing', async () => {
    const head = await fetch(`${test.app.url}/export/transactions.csv`, { method: 'HEAD' });
    expect(head.status).toBe(404);
  });

  it.each([
    [
      'an unknown parameter',
      'colour=red',
      'BAD_USER_INPUT',
      ['colour'],
      /^There is no parameter "colour"; there are userId, status, /,
    ],
    [
      'an unknown status',
      'status=DONE',
      'BAD_USER_INPUT',
      ['status'],
      /^status must be of PENDING, COMPLETED, FAILED, REVERSED\.$/,
    ],
    ['an empty status', 'status=', 'BAD_USER_INPUT', ['status'], /^status must be of /],
    [
      'an unknown flag',
      'fraudFlag=RED',
      'BAD_USER_INPUT',
      ['fraudFlag'],
      /^fraudFlag must be of HIGH_VELOCITY/,
    ],
    [
      'a day for an instant',
      'from=2026-03-10',
      'BAD_USER_INPUT',
      ['from'],
      /^from: DateTime must be an RFC 3339/,
    ],
    ['an empty instant', 'to=', 'BAD_USER_INPUT', ['to'], /^to must not be empty\.$/],
    ['two users', 'userId=a&userId=b', 'BAD_USER_INPUT', ['userId'], /^userId must be given once\.$/],
    ['what is no amount', 'amountFrom=1e3', 'BAD_USER_INPUT', ['amountFrom'], /^amountFrom: Decimal must be/],
    [
      'too exact an amount',
      'amountTo=1.234',
      'BAD_USER_INPUT',
      ['amountTo'],
      /^amountTo must be an amount of MYR such as 12\.34\.$/,
    ],
    [
      'half a score',
      'fraudScoreTo=1.5',
      'BAD_USER_INPUT',
      ['fraudScoreTo'],
      /^fraudScoreTo must be a whole number\.$/,
    ],
    [
      'a category in capitals',
      'merchantCategory=Food',
      'INVALID_MERCHANT_CATEGORY',
      ['merchantCategory'],
      /lower snake case/,
    ],
  ])('refuses %s', async (_title, parameters, code, path, message) => {
    const answer = await ask(`csv?${parameters}`);
    const { errors } = (await answer.json()) as Told;
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      'application/json; charset=utf-8',
    ]);
    expect(answer.headers.get('content-disposition')).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code, argumentPath: path, retryable: false } }]);
    expect(errors[0].extensions.requestId).toBe(answer.headers.get('x-request-id'));
    expect(errors[0].message).toMatch(message);
  });

  it.each([{ 'x-api-key': 'wrong-key' }, { 'x-api-key': '' }])(
    'refuses who is not known: %j',
    async (headers) => {
      const answer = await ask('csv', headers);
      expect([answer.status, await answer.json()]).toMatchObject([
        401,
        { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      ]);
    },
  );

  const exportLines = () => logged.filter(({ msg }) => msg === 'export');

  it('ends its reading when the client goes away', async () => {
    const before = exportLines().length;
    const { hangUp } = await exportingSlowly(test.app.url, `csv?userId=${large}`);
    hangUp();
    await until(() => exportLines().length > before, 'the end of the export');
    expect(exportLines().at(-1)).toMatchObject({ principal: 'api-key:1', export: 'csv', complete: false });
  });

  it('breaks off when the database fails on the way, and is an error when it fails at once', async () => {
    const rename = (from: string, to: string) =>
      test.orm.em.fork().getConnection().execute(`alter table ${from} rename to ${to}`);
    const { readOn } = await exportingSlowly(test.app.url, `csv?userId=${large}`);
    await rename('transactions', 'hidden');
    try {
      await expect(readOn()).rejects.toThrow('aborted');
      const refused = await ask(`csv?userId=${large}`);
      expect([refused.status, await refused.json()]).toMatchObject([
        500,
        {
          errors: [
            { message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
          ],
        },
      ]);
      expect(refused.headers.get('content-disposition')).toBeNull();
    } finally {
      await rename('hidden', 'transactions');
    }
    expect((await ask(`csv?userId=${userId}`)).status).toBe(200);
  });

  it('is cut off by a shutdown, which does not wait for a client', async () => {
    const beside = await test.startBeside();
    const { readOn } = await exportingSlowly(beside.app.url, `csv?userId=${large}`);
    await beside.app.close();
    await expect(readOn()).rejects.toThrow('aborted');
  });
});
