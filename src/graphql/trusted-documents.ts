import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import type { Context } from './context.js';
import { createDocuments } from './documents.js';

const SHA256 = /^[0-9a-f]{64}$/;

const manifest = z.union([
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      version: z.literal(1),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => operations.map(({ id, body }) => [id, body] as const)),
  z.record(z.string().regex(SHA256), z.string()).transform((documents) => Object.entries(documents)),
]);

/** What a request says about the document that it asks for. */
export interface DocumentRequest {
  readonly query?: string | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** The only documents that may run, by their SHA-256. */
export type TrustedDocuments = ReadonlyMap<string, string>;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Reads the documents of a file; one that is malformed, wrongly hashed or invalid stops the start. */
export function loadTrustedDocuments(path: string, schema: GraphQLSchema): TrustedDocuments {
  const refuse = (problem: string): never => {
    throw new ConfigError(`TRUSTED_DOCUMENTS names the file ${path}, ${problem}.`);
  };
  const parsed = manifest.safeParse(read(path, refuse));
  if (!parsed.success) return refuse('which is no list of documents by their SHA-256');
  const check = createDocuments(schema);
  for (const [hash, text] of parsed.data) {
    if (hash !== hashOf(text)) refuse(`where ${hash} is not the SHA-256 of its document`);
    const checked = check(text);
    if (!('document' in checked)) refuse(`where the document ${hash} is invalid: ${checked[0]?.message}`);
  }
  return new Map(parsed.data);
}

function read(path: string, refuse: (problem: string) => never): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(`which cannot be read: ${(error as Error).message}`);
  }
}

/** The text of the document that is asked for, by its hash or in full, if it is listed. */
export function trustedText(
  documents: TrustedDocuments,
  { query, extensions }: DocumentRequest,
): string | undefined {
  const hash = query ? hashOf(query) : persistedHash(extensions);
  return documents.get(hash ?? '');
}

export function untrustedDocument(): GraphQLError {
  return new GraphQLError('Only listed documents may run here, and this is none of them.', {
    extensions: { code: 'UNTRUSTED_DOCUMENT', http: { status: 400 } },
  });
}

/** Over HTTP: puts the listed text in place of what was sent. What is not listed is not even read. */
export function trustedDocumentsOnly(documents: TrustedDocuments): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async ({ request }) => {
      const text = trustedText(documents, request);
      request.query = text ?? '{ __typename }';
      request.extensions = {};
      return {
        didResolveOperation: async () => {
          if (text === undefined) throw untrustedDocument();
        },
      };
    },
  };
}

/** Where clients of persisted queries put it. */
function persistedHash(extensions: DocumentRequest['extensions']): string | undefined {
  const hash = (extensions?.persistedQuery as { sha256Hash?: unknown } | null | undefined)?.sha256Hash;
  return typeof hash === 'string' ? hash : undefined;
}
