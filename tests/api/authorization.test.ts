import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isIntrospectionType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { scopes } from '../../src/access/scopes.js';
import { writeCursor } from '../../src/events/cursor.js';
import { GENESIS_HASH } from '../../src/events/event.js';
import { fieldRules } from '../../src/graphql/field-rules.js';
import { createSchema } from '../../src/graphql/schema.js';
import { type Calls, callsOf } from '../support/api.js';
import { keyWith } from '../support/api-keys.js';
import { type Answer, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import {
  expectedRule,
  expectedRules,
  expectedScopes,
  roots,
  type Things,
  ways,
} from '../support/field-rules.js';
import { askAs, bearer, type Headers, openAs, tokenEnvironment, withKey } from '../support/principals.js';
import { until } from '../support/processes.js';
import { WebhookApi } from '../support/webhooks.js';

const schema = createSchema();
const outputTypes = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType =>
    (isObjectType(type) || isInterfaceType(type)) && !isIntrospectionType(type),
);
const rootNames = ['Query', 'Mutation', 'Subscription'] as const;
const NO_ID = '00000000-0000-7000-8000-000000000000';

describe('the rules of the schema', () => {
  it('are declared for every field, and are what is written down here', () => {
    const declared = Object.fromEntries([...fieldRules(schema)].map(([name, rule]) => [name, rule.scopes]));
    const expected = outputTypes.flatMap((type) =>
      Object.keys(type.getFields()).map((field) => [`${type.name}.${field}`, expectedRule(type.name, field)]),
    );
    expect(declared).toEqual(Object.fromEntries(expected));
  });

  it('have a test for every root field and a way to every type', () => {
    for (const name of rootNames) {
      const fields = Object.keys((schema.getType(name) as GraphQLObjectType).getFields());
      expect(Object.keys(roots[name]).sort()).toEqual(fields.sort());
      expect(Object.keys(expectedRules[name] ?? {}).sort()).toEqual(fields.sort());
    }
    const reached = outputTypes
      .map(({ name }) => name)
      .filter((name) => !(rootNames as readonly string[]).includes(name));
    expect(Object.keys(ways).sort()).toEqual(reached.sort());
  });
});

interface Asker {
  readonly name: string;
  readonly headers: Headers;
  readonly scopes: readonly string[];
}

describe.each(databases)('who may ask on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  let own: Things;
  let foreign: Things;
  let customer: Asker;
  let people: readonly Asker[];
  const nobodys: Things = {
    user: 'nobody',
    purchase: NO_ID,
    refund: NO_ID,
    failed: NO_ID,
    reviewed: NO_ID,
    reversed: NO_ID,
    flagged: NO_ID,
    idempotencyKey: 'never',
    endpoint: NO_ID,
    delivery: NO_ID,
    apiKey: NO_ID,
    cursor: writeCursor({ position: 0, hash: GENESIS_HASH }),
  };

  beforeAll(async () => {
    test = await startApp(kind, {
      ...tokenEnvironment,
      DAILY_SPENDING_LIMIT: '1000',
      FRAUD_HIGH_VALUE_THRESHOLD: '100',
      FRAUD_HIGH_VALUE_POINTS: '60',
      FRAUD_VELOCITY_POINTS: '0',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
    call = callsOf(test);
    own = await makeThings();
    foreign = await makeThings();
    customer = {
      name: 'a customer',
      headers: await bearer(test, { sub: own.user }),
      scopes: expectedScopes.CUSTOMER,
    };
    people = [
      customer,
      { name: 'a service', headers: withKey(), scopes },
      {
        name: 'an analyst',
        headers: await bearer(test, { sub: 'siti', roles: 'ANALYST' }),
        scopes: expectedScopes.ANALYST,
      },
      { name: 'an admin', headers: await bearer(test, { sub: 'root', roles: 'ADMIN' }), scopes },
    ];
  });
  afterAll(() => test.close());

  async function makeThings(): Promise<Things> {
    const user = await call.newUser({ funds: '99.00' });
    const idOf = (payload: Answer['data']): string => payload.transaction.id;
    const bought = (await call.purchase(user, '10.00 MYR')).transaction;
    const refund = idOf(await call.refund(bought.id, '4.00 MYR'));
    const failed = idOf(await call.purchase(user, '99.00 MYR'));
    const flagged = idOf(await call.topUp(user, '101.00 MYR'));
    await call.review(flagged, 'REJECT');
    const reversed = idOf(await call.purchase(user, '1.00 MYR'));
    await call.reverse(reversed);
    const webhooks = new WebhookApi(test);
    const { endpoint } = await webhooks.create('http://127.0.0.1:9/hook');
    const { webhookDelivery } = await webhooks.mutate('sendTestEvent', { endpointId: endpoint.id });
    await until(async () => (await webhooks.delivery(webhookDelivery.id)).attempts.length > 0, 'an attempt');
    const { id: apiKey } = await keyWith(test, ['USERS_READ']);
    return {
      user,
      purchase: bought.id,
      refund,
      failed,
      reviewed: flagged,
      reversed,
      flagged,
      idempotencyKey: bought.idempotencyKey,
      endpoint: endpoint.id,
      delivery: webhookDelivery.id,
      apiKey,
      cursor: nobodys.cursor,
    };
  }

  /** The answer to a document over the transport that serves it. */
  async function ask(headers: Headers, document: string): Promise<Answer> {
    if (!document.startsWith('subscription')) return askAs(test, headers, document);
    const { result, errors, closed } = await openAs(test, headers, document);
    return { data: result?.data ?? null, errors: errors ?? result?.errors ?? [], status: closed?.code ?? 0 };
  }

  const may = (asker: Asker, rule: readonly string[]) =>
    rule.length === 0 || rule.some((scope) => asker.scopes.includes(scope));
  const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions.code);
  const documentOf = (type: (typeof rootNames)[number], field: string, things: Things) =>
    `${type.toLowerCase()} { ${roots[type][field]?.(things)} }`;

  const rootFields = rootNames.flatMap((type) =>
    Object.keys(roots[type]).map((field) => [type, field] as const),
  );

  it.each(rootFields)(
    '%s.%s is answered to whoever has its scope, and refused to all others',
    async (type, field) => {
      const rule = expectedRule(type, field) ?? [];
      const lacking = await Promise.all(
        rule.map(async () => {
          const rest = scopes.filter((scope) => !rule.includes(scope));
          const { key } = await keyWith(
            test,
            rest.map((scope) => scope.replace(':', '_').toUpperCase()),
          );
          return { name: 'a service without', headers: withKey(key), scopes: rest };
        }),
      );
      for (const asker of [...people, ...lacking]) {
        const answer = await ask(asker.headers, documentOf(type, field, own));
        const refused = may(asker, rule) ? [] : ['FORBIDDEN'];
        expect([asker.name, codesOf(answer)]).toEqual([asker.name, refused]);
        if (refused.length > 0) expect(answer.data?.[field] ?? null).toBeNull();
      }
    },
  );

  it.each(rootFields)('%s.%s is refused without credentials', async (type, field) => {
    const answer = await ask({}, documentOf(type, field, own));
    expect(answer.data ?? null).toBeNull();
    if (type === 'Subscription') expect(answer.status).toBe(4403);
    else expect([answer.status, codesOf(answer)]).toEqual([401, ['UNAUTHENTICATED']]);
  });

  it.each(rootFields)('%s.%s tells a customer of another’s as of nobody’s', async (type, field) => {
    const before = JSON.stringify(await ask(withKey(), `{ ${roots.Query.transactions?.(foreign)} }`));
    // Whatever is not the same in both is a name that was sent.
    const tell = async (things: Things) => {
      const { data, errors } = await ask(customer.headers, documentOf(type, field, things));
      const told = JSON.stringify({
        data,
        errors: errors.map(({ message, path, extensions }) => ({ message, path, code: extensions.code })),
      });
      return Object.entries(things)
        .filter(([name]) => name !== 'cursor')
        .reduce((text, [name, value]) => text.replaceAll(value, name === 'user' ? 'user' : 'thing'), told);
    };
    const answer = await tell(foreign);
    expect(answer).toBe(await tell(nobodys));
    expect(JSON.stringify(await ask(withKey(), `{ ${roots.Query.transactions?.(foreign)} }`))).toBe(before);
  });

  const fields = outputTypes
    .filter(({ name }) => ways[name])
    .flatMap((type) =>
      Object.entries(type.getFields()).map(([field, { type: of }]) => ({ type, field, of })),
    );

  // Who may read what does not depend on the database; one is enough for it.
  const asked = kind.name === 'sqlite' ? fields : fields.filter(({ type }) => type.name === 'Transaction');
  it.each(asked.map(({ type, field, of }) => [`${type.name}.${field}`, type.name, field, of] as const))(
    '%s is answered to whoever may read it',
    async (_name, type, field, of) => {
      const selection = isLeafType(getNamedType(of)) ? field : `${field} { __typename }`;
      const rule = expectedRule(type, field) ?? [];
      for (const asker of people) {
        const document = (ways[type]?.(own) ?? '').replace('*', selection);
        const way = (ways[type]?.(own) ?? '').replace('*', '__typename');
        const [answer, reached] = [await ask(asker.headers, document), await ask(asker.headers, way)];
        // Whether the way there is open is another field's rule.
        const refused = codesOf(reached).length > 0 || !may(asker, rule) ? 'FORBIDDEN' : undefined;
        expect([asker.name, codesOf(answer)[0]]).toEqual([asker.name, refused]);
        if (!refused) expect(JSON.stringify(answer.data)).toContain(`"${field}":`);
      }
    },
  );

  it('lists only a customer’s own transactions, whoever’s are asked for', async () => {
    const document = '{ transactions(first: 100) { nodes { user { id } } } }';
    const { data } = await ask(customer.headers, document);
    const owners = data.transactions.nodes.map(({ user }: { user: { id: string } }) => user.id);
    expect([...new Set(owners)]).toEqual([own.user]);
    const all = (await ask(withKey(), document)).data.transactions.nodes;
    expect(new Set(all.map(({ user }: { user: { id: string } }) => user.id)).size).toBe(2);
  });

  it('lets a customer spend, but bring no money in', async () => {
    const mutate = (type: string) =>
      ask(
        customer.headers,
        `mutation { createTransaction(input: { userId: "${own.user}", type: ${type}, amount: { amount: "0.01", currency: "MYR" }, idempotencyKey: "${type}" }) { transaction { status } userErrors { code } } }`,
      );
    expect((await mutate('WITHDRAWAL')).data.createTransaction.transaction.status).toBe('COMPLETED');
    const before = await call.wallet(own.user);
    expect(codesOf(await mutate('TOP_UP'))).toEqual(['FORBIDDEN']);
    const item = (type: string, key: string) =>
      `{ userId: "${own.user}", type: ${type}, amount: { amount: "0.01", currency: "MYR" }, idempotencyKey: "${key}" }`;
    const many = await ask(
      customer.headers,
      `mutation { createTransactions(input: { items: [${item('WITHDRAWAL', 'a')} ${item('TOP_UP', 'b')}] }) { results { replayed } } }`,
    );
    expect(codesOf(many)).toEqual(['FORBIDDEN']);
    expect(await call.wallet(own.user)).toEqual(before);
  });

  it('exports to a customer what is theirs, and of another’s what there is of nobody’s', async () => {
    const fetchLines = async (headers: Headers, query: string) => {
      const response = await fetch(`${test.app.url}/export/transactions.jsonl${query}`, { headers });
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      return [
        response.status,
        [...new Set(lines.map((line) => JSON.parse(line).userId ?? JSON.parse(line)))],
      ] as const;
    };
    expect(await fetchLines(customer.headers, '')).toEqual([200, [own.user]]);
    expect(await fetchLines(customer.headers, `?userId=${own.user}`)).toEqual([200, [own.user]]);
    expect(await fetchLines(customer.headers, `?userId=${foreign.user}`)).toEqual([200, []]);
    expect(await fetchLines(customer.headers, '?userId=nobody')).toEqual([200, []]);
    expect(await fetchLines(withKey(), `?userId=${foreign.user}`)).toEqual([200, [foreign.user]]);
    const { key } = await keyWith(test, ['USERS_READ']);
    expect((await fetchLines(withKey(key), ''))[0]).toBe(403);
    expect((await fetchLines({}, ''))[0]).toBe(401);
  });

  it('hides why a transaction was flagged from its customer, and nothing else of it', async () => {
    const { data, errors } = await ask(
      customer.headers,
      `{ transaction(id: "${own.flagged}") { id fraudScore fraudFlags fraud { score } } }`,
    );
    expect(data.transaction).toEqual({
      id: own.flagged,
      fraudScore: 60,
      fraudFlags: ['HIGH_VALUE'],
      fraud: null,
    });
    expect(errors.map(({ message, path }) => [message, path])).toEqual([
      ['Transaction.fraud needs the scope fraud:read.', ['transaction', 'fraud']],
    ]);
  });
});
