// Jest's globalTeardown: ends the run's PostgreSQL and removes its data.

export default async function tearDown() {
  await globalThis.hydrogenTestServer?.close();
}
