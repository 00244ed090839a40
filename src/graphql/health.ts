import type { MikroORM } from '@mikro-orm/core';
import type { FastifyInstance } from 'fastify';

export interface HealthOptions {
  readonly orm: MikroORM;
  readonly version: string;
  /** Whether the server is on its way out: still alive, no longer ready. */
  readonly isClosing: () => boolean;
}

/** `/health` for people, `/health/live` and `/health/ready` for whoever restarts servers and routes traffic. No key. */
export function addHealth(server: FastifyInstance, { orm, version, isClosing }: HealthOptions): void {
  const check = async () => ((await orm.isConnected()) ? 'up' : 'down');
  server.get('/health', async (_request, reply) => {
    const database = await check();
    const ok = database === 'up' && !isClosing();
    return reply.code(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', version, database });
  });
  server.get('/health/live', async () => ({ status: 'ok' }));
  server.get('/health/ready', async (_request, reply) => {
    const ready = !isClosing() && (await check()) === 'up';
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable' });
  });
}
