import { loadConfig } from './src/config.js';
import { databaseOptions } from './src/database.js';

/** What MikroORM's own command line works with: the database that the environment names. */
export default databaseOptions(loadConfig());
