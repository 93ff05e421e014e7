import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Command } from 'commander'
import { DISASTER_DAYS_MAX, type Disaster, stateOf } from '../check-in/disaster.ts'
import {
  closeDisaster,
  confirmDisaster,
  DisasterRefused,
  findDisaster,
  listDisasters,
  openDisaster,
  provisionalOf,
} from '../check-in/disaster-store.ts'
import { listClients, secretDigest } from '../ingest/access/client-records.ts'
import type { Composed } from '../main.ts'
import { systemClock } from '../platform/clock.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import { credentialsFrom } from './client.ts'
import { AskedWrongly, Failed, printJson, printLine, remark, table } from './output.ts'
import { withGateway } from './with-gateway.ts'

const LISTED_MAX = 200
const PROVISIONAL_MAX = 10_000
const CREDENTIAL = `
Who does it is an operator's client: BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE, or --client-file FILE.
  gateway clients add --facility 00000 --role operator --json > operator.json
`

interface Common {
  readonly clientFile?: string
  readonly json?: boolean
}

/** `gateway disaster …`: weaker evidence is admitted in some provinces for some days, by two operators. */
export function disasterCommands(program: Command): void {
  const disaster = program
    .command('disaster')
    .description('weaker evidence is admitted in some provinces for some days: two operators open, it ends by itself')
  const command = (name: string, description: string, help: string) =>
    disaster.command(name).description(description).option('--json', 'print JSON').addHelpText('after', help)
  const withClient = (made: Command) => made.option('--client-file <file>', 'as `gateway clients add --json` prints it')

  withClient(
    command(
      'open',
      `the first operator: nothing changes until a second one confirms within 24 hours; at most ${DISASTER_DAYS_MAX} days`,
      `\nExample:\n  gateway disaster open --provinces 01,79 --from 2026-09-07 --to 2026-09-20 --reason "Bão số 3"\n${CREDENTIAL}`,
    ),
  )
    .requiredOption('--provinces <codes>', 'codes of two digits, separated by commas')
    .requiredOption('--from <date>', 'the first day, in Vietnam')
    .requiredOption('--to <date>', 'the last day, included')
    .requiredOption('--reason <text>', 'why')
    .action(open)
  withClient(
    command(
      'confirm',
      'the second operator: open from now on; who opened it cannot confirm it',
      `\nExample:\n  gateway disaster confirm d_5f0c…\n${CREDENTIAL}`,
    ),
  )
    .argument('<id>')
    .action((id: string, options: Common) => act(options, (deps, operator) => confirmDisaster(deps, id, operator)))
  withClient(
    command(
      'close',
      'ends it before its last day; one operator is enough',
      `\nExample:\n  gateway disaster close d_5f0c… --reason "Điện đã có lại"\n${CREDENTIAL}`,
    ),
  )
    .argument('<id>')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, options: Common & { reason: string }) =>
      act(options, (deps, operator) => closeDisaster(deps, id, operator, options.reason)),
    )
  command('list', 'all of them, newest first', '\nExample:\n  gateway disaster list\n').action(list)
  command(
    'provisional',
    'check-ins that were taken provisionally in it, and which of them have been confirmed',
    '\nExamples:\n  gateway disaster provisional --open d_5f0c…\n  gateway disaster provisional --open d_5f0c… --json\n',
  )
    .requiredOption('--open <id>', 'the disaster, open or ended')
    .action(provisional)
}

interface OpenOptions extends Common {
  readonly provinces: string
  readonly from: string
  readonly to: string
  readonly reason: string
}
async function open(options: OpenOptions): Promise<void> {
  const { from, to, reason } = options
  for (const day of [from, to]) if (!isDay(day)) throw new AskedWrongly(`a day such as 2026-09-07 is needed, not ${day}`)
  const provinces = options.provinces.split(',').map((province) => province.trim())
  await act(options, (deps, operator) => openDisaster({ ...deps, randomBytes }, { provinces, from, to, reason }, operator))
}

const isDay = (text: string) =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
  new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)

type Act = (deps: { sql: PostgresPool; clock: typeof systemClock }, operator: string) => Promise<Disaster>

async function act({ clientFile, json }: Common, work: Act): Promise<void> {
  const disaster = await withGateway(async (composed) => {
    const operator = await operatorOf(composed, clientFile)
    try {
      return await work({ sql: await composed.pool(), clock: systemClock }, operator)
    } catch (cause) {
      if (!(cause instanceof DisasterRefused)) throw cause
      const isAsked = cause.code === 'provinces' || cause.code === 'days' || cause.code === 'reason'
      throw isAsked ? new AskedWrongly(cause.message, { cause }) : new Failed(cause.message, { cause })
    }
  })
  if (json) return printJson(shown(disaster))
  const { id, state, provinces, from, to } = shown(disaster)
  printLine(`${id}  ${state}  provinces ${provinces.join(', ')}  ${from} to ${to}`)
  if (state === 'pending') remark(`another operator confirms it within 24 hours: gateway disaster confirm ${id}`)
  else remark('running gateways know within 5 seconds')
}

/** Two operators are two clients with secrets of their own: a user of the machine says nothing where all share one. */
async function operatorOf(composed: Composed, clientFile: string | undefined): Promise<string> {
  const { clientId, clientSecret } = credentialsFrom(process.env, clientFile)
  const clients = await listClients(await composed.pool())
  const found = clients.find((client) => client.clientId === clientId && client.revokedAt === null)
  const given = Buffer.from(secretDigest(composed.keyedHash(), clientId, clientSecret), 'hex')
  const stored = Buffer.from(found?.secretDigest ?? '', 'hex')
  if (found === undefined || stored.length !== given.length || !timingSafeEqual(stored, given))
    throw new Failed('there is no such client, or its secret is another')
  if (found.role !== 'operator')
    throw new Failed(`${clientId} has the role ${found.role}; an operator is needed: gateway clients add --role operator`)
  return clientId
}

const shown = (disaster: Disaster) => ({ ...disaster, state: stateOf(disaster, systemClock.now()) })

async function list({ json }: Common): Promise<void> {
  const all = await withGateway(async (composed) => listDisasters(await composed.pool(), LISTED_MAX))
  const items = all.map(shown)
  if (json) return printJson(items)
  if (items.length === 0) return remark('none was ever opened: gateway disaster open --help')
  const rows = items.map((one) => [
    one.id,
    one.state,
    one.provinces.join(','),
    one.from,
    one.to,
    one.openedBy,
    one.confirmedBy ?? '',
    one.reason,
  ])
  printLine(table(['disaster', 'state', 'provinces', 'from', 'to', 'opened by', 'confirmed by', 'reason'], rows))
}

async function provisional({ open: id, json }: Common & { open: string }): Promise<void> {
  const items = await withGateway(async (composed) => {
    const pool = await composed.pool()
    if ((await findDisaster(pool, id)) === undefined) throw new Failed(`there is no disaster ${id}: gateway disaster list`)
    return provisionalOf(pool, id, PROVISIONAL_MAX)
  })
  if (json) return printJson(items)
  const left = items.filter(({ confirmedAt }) => confirmedAt === null)
  const rows = items.map((one) => [
    one.checkInId,
    one.facilityCode,
    one.at,
    one.ticket,
    one.method,
    one.legacyCode,
    one.confirmedAt ?? 'to confirm',
  ])
  if (rows.length > 0) printLine(table(['check-in', 'facility', 'at', 'ticket', 'by', 'code', 'confirmed'], rows))
  remark(
    `${left.length} of ${items.length} are to be confirmed${items.length === PROVISIONAL_MAX ? `; the first ${PROVISIONAL_MAX} are shown` : ''}`,
  )
}
