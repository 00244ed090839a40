import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { exportTransactions } from '../export/export-transactions.js';
import { formats } from '../export/formats.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { Logger } from '../log.js';
import { admitExport } from './admission.js';
import { type Enter, refuseAccess } from './authentication.js';
import { requireScope, scopeToOwn } from './authorization.js';
import type { Dependencies } from './context.js';
import { present } from './errors.js';
import { readExportQuery } from './export-query.js';

export interface ExportOptions {
  readonly dependencies: Dependencies;
  readonly enter: Enter;
  readonly limits: RateLimits;
  readonly log: Logger;
}

/** The id that no user has. */
const NOBODY = '';

const statuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  INTERNAL_SERVER_ERROR: 500,
};

/** `GET /export/transactions.csv` and `.jsonl`: as many rows as there are, read no faster than the client takes them. */
export function addExport(
  server: FastifyInstance,
  { dependencies, enter, limits, log }: ExportOptions,
): void {
  const { orm, settings, clock } = dependencies;
  const open = new Set<Readable>();

  const errorHandler = (error: Error, { id }: FastifyRequest, reply: FastifyReply) => {
    const told = present(asGraphql(error), id);
    if (told.fault) log.error({ err: error, requestId: id }, 'fault');
    if (error instanceof GraphQLError) {
      for (const [name, value] of headersOf(error)) void reply.header(name, value);
    }
    return reply
      .code(statuses[String(told.error.extensions?.['code'])] ?? 400)
      .send({ errors: [told.error] });
  };

  for (const [extension, format] of Object.entries(formats)) {
    const url = `/export/transactions.${extension}`;
    server.get(url, { exposeHeadRoute: false, errorHandler }, async (request, reply) => {
      const principal = await enter(request.headers, request.ip).catch((error: unknown) => {
        throw refuseAccess(error);
      });
      requireScope(principal, 'transactions:read', 'An export');
      await admitExport(limits, principal);
      const { base } = settings.rates;
      const asked = readExportQuery(request.query, base);
      const owner = scopeToOwn(principal, asked.userId);
      const criteria = { ...asked, userId: owner === null ? NOBODY : owner };
      const pieces = exportTransactions(orm.em, criteria, format, base, clock.now());
      // What fails before anything is sent is answered with an error.
      const first = await pieces.next();
      const stream = Readable.from(startingWith(first, pieces));
      open.add(stream);
      // Fastify ends the connection in the middle of the answer, so that what was cut short cannot look whole.
      stream.once('error', (error) => log.error({ err: error, requestId: request.id }, 'fault'));
      stream.once('close', () => {
        open.delete(stream);
        const complete = stream.readableEnded;
        log.info({ requestId: request.id, principal: principal.id, export: extension, complete }, 'export');
      });
      return reply
        .header('content-type', format.contentType)
        .header('content-disposition', `attachment; filename="transactions.${extension}"`)
        .header('cache-control', 'no-store')
        .send(stream);
    });
  }

  // An export lasts as long as its client likes, and a shutdown does not: what is under way is cut off.
  server.addHook('preClose', async () => {
    for (const stream of open) stream.destroy();
  });
}

/** What GraphQL over HTTP would tell in the headers of its answer. */
function headersOf({ extensions }: GraphQLError): ReadonlyMap<string, string> {
  return (extensions['http'] as { headers?: ReadonlyMap<string, string> } | undefined)?.headers ?? new Map();
}

async function* startingWith<T>(
  first: IteratorResult<T, void>,
  rest: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  if (!first.done) yield first.value;
  yield* rest;
}

function asGraphql(error: Error): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error });
}
