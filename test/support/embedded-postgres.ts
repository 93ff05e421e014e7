import { startTestPostgres } from '../../scripts/provision/postgres.ts'

/** Set-up of the `embedded` project: one server for the run, unless the environment already names one. */
export default async function embeddedPostgres(): Promise<() => Promise<void>> {
  if (process.env['TEST_POSTGRES_URL']) return async () => {}
  const server = await startTestPostgres()
  process.env['TEST_POSTGRES_URL'] = server.url
  return async () => {
    delete process.env['TEST_POSTGRES_URL']
    await server.stop()
  }
}
