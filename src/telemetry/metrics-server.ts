import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../errors.js';

export interface MetricsServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** `GET /metrics` and nothing else, on a port of its own: whoever may reach it may read it. */
export async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  contentType: string,
  scrape: () => Promise<string>,
  onFault: (error: unknown) => void,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const known = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
    if (!known) return void response.writeHead(404).end('There is only GET /metrics here.\n');
    scrape().then(
      (text) => response.writeHead(200, { 'content-type': contentType }).end(text),
      (error: unknown) => {
        onFault(error);
        response.writeHead(500).end();
      },
    );
  });
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening.catch((error: Error) => {
    throw new ConfigError(
      `METRICS_HOST and METRICS_PORT name an address where the server cannot listen: ${error.message}.`,
    );
  });
  const { port: taken, address } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${taken}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
