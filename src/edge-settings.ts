import { z } from 'zod';
import type { SettingReader } from './setting-reader.js';

/** How the server looks to the network in front of it. */
export interface EdgeSettings {
  /** The origins whose pages may call the API from a browser. */
  readonly corsOrigins: readonly string[];
  /** The proxies that are believed when they tell for whom, and over what, they ask. */
  readonly trustProxy: readonly string[] | false;
  /** The file of the only documents that may run; without one, all may. */
  readonly trustedDocuments: string | undefined;
}

/** Where examples/serve-browser.js serves its page. */
const EXAMPLE_ORIGINS = 'http://127.0.0.1:4001,http://localhost:4001';

const listOf = (text: string) => text.split(',').map((item) => item.trim());

const origins = z
  .string()
  .transform((text) => (text === 'none' ? [] : listOf(text)))
  .refine(
    (items) => items.every(isOrigin),
    'must be none, or origins such as https://app.example.com with commas between them',
  );

const proxies = z
  .string()
  .transform((text) => (text === 'false' ? (false as const) : listOf(text)))
  .refine(
    (items) => !items || items.every((item) => address.safeParse(item).success),
    'must be false, or addresses and CIDR ranges with commas between them',
  );

const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

/** A scheme, a host and perhaps a port, written as browsers write them. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return /^https?:$/.test(url?.protocol ?? '') && url?.origin === text;
}

export function readEdgeSettings(reader: SettingReader, production: boolean): EdgeSettings {
  return {
    corsOrigins: reader.read('CORS_ORIGINS', origins, production ? 'none' : EXAMPLE_ORIGINS) ?? [],
    trustProxy: reader.read('TRUST_PROXY', proxies, 'false') ?? false,
    trustedDocuments: reader.read('TRUSTED_DOCUMENTS', z.string()),
  };
}
