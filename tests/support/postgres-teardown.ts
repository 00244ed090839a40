/** Jest's global teardown: stops what the global setup started, and deletes its data. */
export default async function tearDown(): Promise<void> {
  await globalThis.testPostgres?.stop();
}
