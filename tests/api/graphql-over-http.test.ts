import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const [sqlite] = databases;

describe('the specification of GraphQL over HTTP', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(sqlite as (typeof databases)[number]);
  });
  afterAll(() => test.close());

  // The header of the preflight is what tells a program that asks by GET from a page that does.
  const fetchFn: typeof fetch = (url, { headers, ...init } = {}) =>
    fetch(url, {
      ...init,
      headers: { 'x-api-key': DEVELOPMENT_KEY, 'apollo-require-preflight': 'true', ...(headers as object) },
    });
  const audits = serverAudits({ url: () => `${test.app.url}/graphql`, fetchFn });

  it('has 61 checks', () => {
    expect(audits.length).toBe(61);
  });

  it.each(audits.map((audit) => [`${audit.name} (${audit.id})`, audit] as const))(
    '%s',
    async (_title, audit) => {
      expect(await audit.fn()).toMatchObject({ status: 'ok' });
    },
  );
});
