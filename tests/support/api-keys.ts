import type { Answer, TestApp } from './app.js';
import { askAs, type Headers, withKey } from './principals.js';

const KEY = 'id name scopes expiresAt previousExpiresAt revokedAt lastUsedAt createdBy createdAt updatedAt';
const ERRORS = 'userErrors { __typename code message path }';

const selections: Readonly<Record<string, readonly [input: string, fields: string]>> = {
  createApiKey: ['CreateApiKeyInput', `apiKey { ${KEY} } key`],
  rotateApiKey: ['RotateApiKeyInput', `apiKey { ${KEY} } key`],
  revokeApiKey: ['RevokeApiKeyInput', `apiKey { ${KEY} }`],
};

/** A mutation of keys and its whole payload, by whoever the headers say. */
export async function mutateKeys(
  test: Pick<TestApp, 'app'>,
  name: string,
  input: object,
  headers: Headers = withKey(),
): Promise<Answer['data']> {
  const [type, fields] = selections[name] ?? ['', ''];
  const document = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${ERRORS} } }`;
  const { data, errors } = await askAs(test, headers, document, { input });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data[name];
}

export async function listKeys(test: Pick<TestApp, 'app'>): Promise<Answer['data'][]> {
  return (await askAs(test, withKey(), `{ apiKeys { ${KEY} } }`)).data.apiKeys;
}

/** A new key with these scopes, told as it is sent. */
export async function keyWith(test: Pick<TestApp, 'app'>, scopes: readonly string[], more: object = {}) {
  const { key, apiKey, userErrors } = await mutateKeys(test, 'createApiKey', {
    name: 'a backend',
    scopes,
    ...more,
  });
  if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
  return { key: key as string, id: apiKey.id as string };
}
