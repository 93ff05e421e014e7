import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Credentials } from '../../../load/client.ts'
import { facilityLine, memberBlocks } from '../../../load/register.ts'

const cli = join(import.meta.dirname, '../../../src/cli.ts')
export const FACILITY = '01999'
export const VISIT_DATE = '2026-03-10'

/** One `gateway` command on the store that the environment names. */
export async function gatewayCommand(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  })
  return stdout
}

/** Imports a synthetic register of people and their facility, and adds a client of that facility, as an operator would. */
export async function furnishStore(env: Readonly<Record<string, string>>, folder: string, members: number): Promise<Credentials> {
  const options = { facility: FACILITY, date: VISIT_DATE }
  writeFileSync(join(folder, 'facilities.ndjson'), `${facilityLine(FACILITY)}\n`)
  writeFileSync(join(folder, 'members.ndjson'), [...memberBlocks(members, options)].join(''))
  await gatewayCommand(env, 'registry', 'import', 'facilities', join(folder, 'facilities.ndjson'))
  await gatewayCommand(env, 'registry', 'import', 'members', join(folder, 'members.ndjson'))
  const added = JSON.parse(await gatewayCommand(env, 'clients', 'add', '--facility', FACILITY, '--json')) as {
    client_id: string
    client_secret: string
  }
  return { clientId: added.client_id, clientSecret: added.client_secret }
}

/** An empty database on the Postgres of the run; `drop` ends its sessions. */
export async function createDatabase(serverUrl: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `e2e_${process.pid}_${Date.now().toString(36)}`
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: serverUrl })
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  await run(`CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}
