import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'
import { createPool } from '../../src/platform/postgres.ts'

let folder: string
const folders: string[] = []
const started: EmbeddedPostgres[] = []
/** Making a database is the slow part: most tests go on with the one before. */
const emptyFolder = async () => {
  folder = await mkdtemp(join(tmpdir(), 'bhyt-embedded-'))
  folders.push(folder)
}
beforeAll(emptyFolder)
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true, force: true }))))
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()))
  const left = await postmasterPid()
  if (left !== undefined && isAlive(left)) process.kill(left, 'SIGQUIT')
})

async function start(options = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(folder, undefined, { durable: false, ...options })
  started.push(server)
  return server
}
async function stop(server: EmbeddedPostgres): Promise<void> {
  started.splice(started.indexOf(server), 1)
  await server.stop()
}
const dataFile = (name: string) => join(folder, 'postgres', 'data', name)
const postmasterPid = () =>
  readFile(dataFile('postmaster.pid'), 'utf8').then(
    (text) => Number.parseInt(text, 10),
    () => undefined,
  )
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
async function ask<Row extends object>(url: string, text: string): Promise<Row[]> {
  const pool = createPool({ url, max: 1, applicationName: 'test' })
  try {
    return (await pool.query<Row>(text)).rows
  } finally {
    await pool.close()
  }
}

/** Another process that starts the server of the folder, says so, and stays until it is killed. */
async function gatewayProcess() {
  const module = pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'platform', 'embedded-postgres.ts')).href
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(module)}
    const { url } = await startEmbeddedPostgres(${JSON.stringify(folder)}, undefined, { durable: false })
    console.log(url)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    url: line.toString().trim(),
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('a server that a killed gateway left behind is adopted with its data, and ends with its last user', async () => {
  const gateway = await gatewayProcess()
  await ask(gateway.url, 'CREATE TABLE kept (id int)')
  await gateway.kill()
  const pid = await postmasterPid()
  expect(isAlive(pid!)).toBe(true)
  const server = await start()
  expect(await postmasterPid()).toBe(pid)
  expect(server.url).toBe(gateway.url)
  expect(await ask(server.url, 'SELECT count(*) AS n FROM kept')).toEqual([{ n: 0 }])
  await stop(server)
  expect(await postmasterPid()).toBeUndefined()
})

test('a command that runs beside a gateway uses its server and leaves it running', async () => {
  const gateway = await gatewayProcess()
  const pid = await postmasterPid()
  const command = await start()
  expect(command.url).toBe(gateway.url)
  await stop(command)
  expect(isAlive(pid!)).toBe(true)
  expect(await ask(gateway.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await gateway.kill()
})

test('two processes that start at once on an empty folder share one server', async () => {
  await emptyFolder()
  const [gateway, server] = await Promise.all([gatewayProcess(), start()])
  expect(server.url).toBe(gateway.url)
  expect((await readdir(join(folder, 'postgres'))).sort()).toEqual(['data', 'server.log'])
  await gateway.kill()
})

test('a server that dies under its gateway is started again at the same address', async () => {
  const server = await start()
  process.kill((await postmasterPid())!, 'SIGKILL')
  const pool = createPool({ url: server.url, max: 1, applicationName: 'test' })
  const deadline = performance.now() + 15_000
  await new Promise((done) => setTimeout(done, 100))
  while ((await pool.trouble()) !== undefined && performance.now() < deadline) await new Promise((done) => setTimeout(done, 100))
  expect(await pool.trouble()).toBeUndefined()
  await pool.close()
})

test('a database that was half made is made anew', async () => {
  await emptyFolder()
  await mkdir(join(folder, 'postgres', 'new-1', 'base'), { recursive: true })
  await mkdir(join(folder, 'postgres', 'data', 'base'), { recursive: true })
  const server = await start()
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(await readdir(join(folder, 'postgres'))).not.toContain('new-1')
})

test('a note of a process that is somebody else by now does not stand in the way', async () => {
  await stop(await start())
  await writeFile(
    dataFile('postmaster.pid'),
    `${process.pid}\n${join(folder, 'postgres', 'data')}\n1700000000\n5432\n\n127.0.0.1\n\nready\n`,
  )
  const server = await start()
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a port that was taken meanwhile is replaced, and the new one is remembered', async () => {
  const first = await start()
  await stop(first)
  const thief = createServer().listen(Number(new URL(first.url).port), '127.0.0.1')
  await once(thief, 'listening')
  try {
    const second = await start()
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port)
    await stop(second)
    const third = await start()
    expect(third.url).toBe(second.url)
  } finally {
    thief.close()
  }
})

test('a lock whose holder is gone is taken over', async () => {
  const gone = spawn(process.execPath, ['-e', ''])
  await once(gone, 'exit')
  await writeFile(join(folder, 'postgres.lock'), `${gone.pid} abc`)
  const server = await start()
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('the password is random, kept for the owner alone, asked for, and not in the list of processes', async () => {
  const server = await start()
  const { password } = new URL(server.url)
  expect(password).toMatch(/^[0-9a-f]{48}$/)
  expect((await stat(join(folder, 'postgres.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'postgres', 'data'))).mode & 0o777).toBe(0o700)
  expect(await readFile(`/proc/${await postmasterPid()}/cmdline`, 'utf8').catch(() => '')).not.toContain(password)
  const guess = new URL(server.url)
  guess.password = 'guess'
  await expect(ask(guess.href, 'SELECT 1')).rejects.toMatchObject({ name: 'PostgresUnavailable', cause: { code: '28P01' } })
})

test('what a statement carried never reaches the log of the server', async () => {
  const server = await start()
  const canary = 'NGUYEN-CANARY-001085000001'
  await ask(server.url, 'CREATE TABLE person (name text PRIMARY KEY)')
  const pool = createPool({ url: server.url, max: 1, applicationName: 'test' })
  await pool.query('INSERT INTO person VALUES ($1)', [canary])
  await expect(pool.query('INSERT INTO person VALUES ($1)', [canary])).rejects.toMatchObject({ code: '23505' })
  await expect(pool.query(`SELECT '${canary}' FROM nowhere`)).rejects.toMatchObject({ code: '42P01' })
  await expect(pool.query('SELECT $1::int', [canary])).rejects.toMatchObject({ code: '22P02' })
  await pool.close()
  expect(await readFile(join(folder, 'postgres', 'server.log'), 'utf8')).not.toContain(canary)
})

test('data of another release is refused, not overwritten', async () => {
  await stop(await start())
  await rename(dataFile('PG_VERSION'), dataFile('PG_VERSION.kept'))
  await writeFile(dataFile('PG_VERSION'), '15\n')
  await expect(start()).rejects.toThrow(/PostgreSQL 15/)
  await rename(dataFile('PG_VERSION.kept'), dataFile('PG_VERSION'))
})

test('a database whose password is lost is left alone, and the message says so', async () => {
  await rename(join(folder, 'postgres.json'), join(folder, 'kept.json'))
  await expect(start()).rejects.toThrow(/postgres\.json with its password is gone/)
  await rename(join(folder, 'kept.json'), join(folder, 'postgres.json'))
  const server = await start()
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})
