import type { Mix } from '../actions.ts'
import type { Credentials } from '../client.ts'
import { calendarDate, facilityCode, integer, number, oneOf, readCredentials, readMix, UsageError } from '../settings.ts'

/** Options of `check-ins` as commander hands them over. */
export interface RawDeskOptions {
  readonly url: string
  readonly clientFile?: string
  readonly rate: string
  readonly count: string
  readonly arrivals: string
  readonly withClaims: string
  readonly mix: string
  readonly chip: string
  readonly deck?: string
  readonly warmUp: string
  readonly inFlight: string
  readonly facility: string
  readonly members: string
  readonly date: string
  readonly seed: string
  readonly run?: string
  readonly again: string
  readonly settle: string
  readonly out: string
  readonly json?: boolean
}
export interface DeskSettings {
  readonly url: string
  readonly credentials: Credentials
  /** Check-ins a second. */
  readonly rate: number
  readonly count: number
  readonly arrivals: 'poisson' | 'uniform'
  /** Claims a second beside them; 0 for none. */
  readonly claimRate: number
  readonly mix: Mix
  /** Share of check-ins by chip, 0–1. */
  readonly chipShare: number
  readonly deck: string | undefined
  readonly warmUpS: number
  readonly inFlightMax: number
  readonly facility: string
  readonly members: number
  /** Day of the claims' visits. */
  readonly date: string
  readonly seed: number
  readonly run: string
  /** Check-ins sent a second time afterwards. */
  readonly again: number
  readonly settleMs: number
  readonly out: string
}

/** @throws UsageError naming the option */
export function readDeskSettings(raw: RawDeskOptions, env: NodeJS.ProcessEnv): DeskSettings {
  const run = raw.run ?? `D${Date.now().toString(36).toUpperCase()}`
  if (!URL.canParse(raw.url) || !raw.url.startsWith('http://'))
    throw new UsageError(`--url: ${raw.url} is not an http:// address`)
  if (!/^[A-Za-z0-9-]{1,40}$/.test(run)) throw new UsageError('--run: 1 to 40 letters, digits and hyphens')
  const chipShare = number('--chip', raw.chip, 0, 100) / 100
  if (chipShare > 0 && raw.deck === undefined) throw new UsageError('--chip: needs --deck, a folder of synthetic cards')
  return {
    url: raw.url.replace(/\/+$/, ''),
    credentials: readCredentials(raw.clientFile, env),
    rate: number('--rate', raw.rate, 0.1, 100_000),
    count: integer('--count', raw.count, 1, 10_000_000),
    arrivals: oneOf('--arrivals', raw.arrivals, ['poisson', 'uniform']),
    claimRate: number('--with-claims', raw.withClaims, 0, 100_000),
    mix: readMix(raw.mix),
    chipShare,
    deck: raw.deck,
    warmUpS: number('--warm-up', raw.warmUp, 0, 3_600),
    inFlightMax: integer('--in-flight', raw.inFlight, 1, 100_000),
    facility: facilityCode(raw.facility),
    members: integer('--members', raw.members, 1, 1_000_000),
    date: calendarDate(raw.date),
    seed: integer('--seed', raw.seed, 0, 4_294_967_295),
    run,
    again: integer('--again', raw.again, 0, 100_000),
    settleMs: number('--settle', raw.settle, 0, 3_600) * 1_000,
    out: raw.out.replace(/\.(json|html)$/, ''),
  }
}
