import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

const file = findPackageJSON(import.meta.url) as string;

/** The version of this server, from its package. */
export const VERSION: string = JSON.parse(readFileSync(file, 'utf8')).version;
