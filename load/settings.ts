import { readFileSync } from 'node:fs'
import type { Mix } from './actions.ts'
import type { Credentials } from './client.ts'

/** What was asked wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Options of the command line as commander hands them over: text, not yet understood. */
export interface RawOptions {
  readonly url: string
  readonly clientFile?: string
  readonly mode: string
  readonly rate: string
  readonly arrivals: string
  readonly seconds: string
  readonly warmUp: string
  readonly connections: string
  readonly inFlight: string
  readonly wait: string
  readonly mix: string
  readonly facility: string
  readonly members: string
  readonly date: string
  readonly seed: string
  readonly run?: string
  readonly settle: string
  readonly check: boolean
  readonly out: string
  readonly json?: boolean
}
export interface Settings {
  readonly url: string
  readonly credentials: Credentials
  readonly mode: 'open' | 'ceiling'
  readonly rate: number
  readonly arrivals: 'poisson' | 'uniform'
  readonly seconds: number
  readonly warmUpS: number
  readonly connections: number
  readonly inFlightMax: number
  readonly waitS: number
  readonly mix: Mix
  readonly facility: string
  readonly members: number
  readonly date: string
  readonly seed: number
  readonly run: string
  readonly settleMs: number
  readonly check: boolean
  /** Path without ending of the two files. */
  readonly out: string
}

/** @throws UsageError naming the option */
export function readSettings(raw: RawOptions, env: NodeJS.ProcessEnv): Settings {
  const run = raw.run ?? `L${Date.now().toString(36).toUpperCase()}`
  if (!URL.canParse(raw.url) || !raw.url.startsWith('http://'))
    throw new UsageError(`--url: ${raw.url} is not an http:// address`)
  if (!/^[A-Za-z0-9-]{1,40}$/.test(run)) throw new UsageError('--run: 1 to 40 letters, digits and hyphens')
  return {
    url: raw.url.replace(/\/+$/, ''),
    credentials: readCredentials(raw.clientFile, env),
    mode: oneOf('--mode', raw.mode, ['open', 'ceiling']),
    rate: number('--rate', raw.rate, 0.1, 100_000),
    arrivals: oneOf('--arrivals', raw.arrivals, ['poisson', 'uniform']),
    seconds: number('--seconds', raw.seconds, 1, 86_400),
    warmUpS: number('--warm-up', raw.warmUp, 0, 3_600),
    connections: integer('--connections', raw.connections, 1, 10_000),
    inFlightMax: integer('--in-flight', raw.inFlight, 1, 100_000),
    waitS: number('--wait', raw.wait, 0, 15),
    mix: readMix(raw.mix),
    facility: facilityCode(raw.facility),
    members: integer('--members', raw.members, 1, 1_000_000),
    date: calendarDate(raw.date),
    seed: integer('--seed', raw.seed, 0, 4_294_967_295),
    run,
    settleMs: number('--settle', raw.settle, 0, 3_600) * 1_000,
    check: raw.check,
    out: raw.out.replace(/\.(json|html)$/, ''),
  }
}

export function facilityCode(text: string): string {
  if (!/^\d{5}$/.test(text)) throw new UsageError(`--facility: ${text} is not a code of 5 digits`)
  return text
}
export function calendarDate(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(`${text}T00:00:00Z`)))
    throw new UsageError(`--date: ${text} is not a date like 2026-03-10`)
  return text
}
export function integer(option: string, text: string, low: number, high: number): number {
  const value = number(option, text, low, high)
  if (!Number.isInteger(value)) throw new UsageError(`${option}: ${text} is not a whole number`)
  return value
}
export function number(option: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= low && value <= high))
    throw new UsageError(`${option}: ${text} is not between ${low} and ${high}`)
  return value
}
export function oneOf<const T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text)
  if (found === undefined) throw new UsageError(`${option}: ${text} is none of ${allowed.join(', ')}`)
  return found
}

const MIX_NAMES = ['small', 'typical', 'large', 'xml', 'resend', 'version', 'void'] as const
/** Shares where `--mix` does not name any. */
export const MIX_DEFAULT = 'small=60,typical=35,large=5'

/** `small=60,typical=35,large=5,xml=20,resend=1`: sizes are parts of each other, the others per cent of all. */
export function readMix(text: string): Mix {
  const found: Partial<Record<(typeof MIX_NAMES)[number], number>> = {}
  for (const part of text.split(',')) {
    const [name, value, ...rest] = part.split('=')
    const known = MIX_NAMES.find((one) => one === name?.trim())
    if (!known || value === undefined || rest.length > 0)
      throw new UsageError(`--mix: ${part} is not name=share with a name of ${MIX_NAMES.join(', ')}`)
    found[known] = number('--mix', value, 0, 100)
  }
  const { small = 0, typical = 0, large = 0, xml = 0, resend = 0, version = 0 } = found
  const sizes = small + typical + large
  const withdrawn = found.void ?? 0
  if (sizes === 0) return readMix(`${MIX_DEFAULT},${text}`)
  if (resend + version + withdrawn > 100) throw new UsageError('--mix: resend, version and void are more than 100 per cent')
  return {
    sizes: { small: small / sizes, typical: typical / sizes, large: large / sizes },
    xml: xml / 100,
    resend: resend / 100,
    version: version / 100,
    void: withdrawn / 100,
  }
}

export function readCredentials(clientFile: string | undefined, env: NodeJS.ProcessEnv): Credentials {
  if (clientFile) {
    const { client_id, client_secret } = JSON.parse(readText('--client-file', clientFile)) as Record<string, unknown>
    if (typeof client_id !== 'string' || typeof client_secret !== 'string')
      throw new UsageError(`--client-file: ${clientFile} has no client_id and client_secret`)
    return { clientId: client_id, clientSecret: client_secret }
  }
  const clientId = env['BHYT_CLIENT_ID']
  const secretFile = env['BHYT_CLIENT_SECRET_FILE']
  if (!clientId || !secretFile)
    throw new UsageError('name a client: BHYT_CLIENT_ID and BHYT_CLIENT_SECRET_FILE, or --client-file')
  return { clientId, clientSecret: readText('BHYT_CLIENT_SECRET_FILE', secretFile).trim() }
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`${option}: ${path} cannot be read`)
  }
}
