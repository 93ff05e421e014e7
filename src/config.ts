import schema from '../schemas/config.json' with { type: 'json' }
import { compile, type SchemaFault } from './platform/schema.ts'

/** The configuration of one process: the variables of `schemas/config.json`, checked, with defaults. Frozen. */
export interface Config {
  readonly role: 'all' | 'ingest' | 'adjudication'
  readonly profile: 'development' | 'production'
  readonly host: string
  readonly port: number
  /** `undefined`: `/metrics` is served on `port`. */
  readonly metricsPort: number | undefined
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly streamUrl: string
  readonly cacheUrl: string
  readonly storeUrl: string
  readonly keysDir: string
  readonly rulebookDir: string
  readonly trustDir: string
  readonly waitDefaultMs: number
  readonly waitMsMax: number
  readonly bodyBytesMax: number
  readonly bodyIdleMsMax: number
  readonly jsonDepthMax: number
  readonly claimLinesMax: number
  readonly envelopeClaimsMax: number
  readonly waitersMax: number
  readonly inflightBytesMax: number
  readonly eventLoopDelayMsMax: number
  readonly facilityRatePerS: number
  readonly facilityBurst: number
  readonly streamPartitions: number
  readonly streamReplicas: number
  readonly streamAppendMsMax: number
  readonly streamLagMax: number
  readonly batchClaimsMax: number
  readonly checkInInflightMax: number
  readonly checkInBodyBytesMax: number
  readonly checkInLookupMsMax: number
  readonly checkInConnectionsMax: number
  readonly disasterReferralDays: number
  readonly kioskAgentUrl: string
  readonly storeConnectionsMax: number
  readonly storeStatementMsMax: number
  readonly cacheCommandMsMax: number
  readonly cacheEntriesMax: number
  readonly cacheBytesMax: number
  readonly eligibilityFreshMs: number
  readonly eligibilityNoneFreshMs: number
  readonly eligibilityKeepMs: number
  /** Empty: none. */
  readonly registerUrl: string
  readonly registerAnswerMsMax: number
  readonly registerInflightMax: number
  readonly registerOlderDays: number
  readonly clientsFreshMs: number
  readonly drainMsMax: number
}

/** What a person can read in one line, and do something about. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(['The configuration cannot be used:', ...faults.map((fault) => `- ${fault}`)].join('\n'))
    this.faults = faults
  }
}

export type Environment = Readonly<Record<string, string | undefined>>
type Variable = keyof typeof schema.properties
interface VariableSchema {
  readonly type: string
  readonly description: string
  readonly default?: string | number
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly 'x-unit'?: string
  readonly 'x-secret'?: boolean
}
const variables = schema.properties as Readonly<Record<Variable, VariableSchema>>
const isVariable = (name: string): name is Variable => Object.hasOwn(variables, name)

/** A checked value by its name: text where the schema says `string`, else a whole number. */
type Values = Readonly<Record<Variable, string | number | undefined>>
const check = compile<Values>(schema, { coerce: true })

/**
 * @param env variables; those that do not start with `GATEWAY_` are left alone, an empty one counts as not set
 * @throws InvalidConfig with every fault at once
 */
export function readConfig(env: Environment): Config {
  const given = namedOnly(env)
  const checked = check({ ...given })
  if (!checked.ok) throw new InvalidConfig([...new Set(checked.errors.map((fault) => faultText(fault)))].sort())
  const config = configOf(checked.value)
  const faults = contradictions(config, given)
  if (faults.length > 0) throw new InvalidConfig(faults)
  return Object.freeze(config)
}

function namedOnly(env: Environment): Record<string, string> {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('GATEWAY_') && value !== undefined && value !== '') given[name] = value
  }
  return given
}

function faultText({ pointer, code, params }: SchemaFault): string {
  const name = pointer.slice(1)
  if (!isVariable(name)) return `${name} is not a variable of the gateway: correct its name or remove it${nearest(name)}`
  const variable = variables[name]
  const unit = variable['x-unit'] === undefined ? '' : ` ${variable['x-unit']}`
  if (variable.enum) return `${name} must be one of ${variable.enum.join(', ')}`
  if (code === 'type') return `${name} must be a whole number${unit === '' ? '' : ` of${unit}`}`
  if (code === 'minimum') return `${name} must be at least ${params['limit']}${unit}`
  if (code === 'maximum') return `${name} must be at most ${params['limit']}${unit}`
  return `${name} is not as it must be: ${variable.description}`
}

/** A known name that differs by word order or one part, such as `GATEWAY_MAX_BODY_BYTES`. */
function nearest(name: string): string {
  const words = (text: string) => text.split('_').sort().join('_')
  const known = Object.keys(variables).find((variable) => words(variable) === words(name) || variable.startsWith(`${name}_`))
  return known === undefined ? '' : ` (${known}?)`
}

function configOf(values: Values): Config {
  const text = (name: Variable) => String(values[name])
  const count = (name: Variable) => Number(values[name])
  const optional = (name: Variable) => (values[name] === undefined ? undefined : Number(values[name]))
  const production = values.GATEWAY_PROFILE === 'production'
  return {
    role: text('GATEWAY_ROLE') as Config['role'],
    profile: text('GATEWAY_PROFILE') as Config['profile'],
    host: text('GATEWAY_HOST'),
    port: count('GATEWAY_PORT'),
    metricsPort: optional('GATEWAY_METRICS_PORT') ?? (production ? METRICS_PORT_IN_PRODUCTION : undefined),
    logLevel: text('GATEWAY_LOG_LEVEL') as Config['logLevel'],
    streamUrl: text('GATEWAY_STREAM_URL'),
    cacheUrl: text('GATEWAY_CACHE_URL'),
    storeUrl: text('GATEWAY_STORE_URL'),
    keysDir: text('GATEWAY_KEYS_DIR'),
    rulebookDir: text('GATEWAY_RULEBOOK_DIR'),
    trustDir: text('GATEWAY_TRUST_DIR'),
    waitDefaultMs: count('GATEWAY_WAIT_DEFAULT_MS'),
    waitMsMax: count('GATEWAY_WAIT_MAX_MS'),
    bodyBytesMax: count('GATEWAY_BODY_BYTES_MAX'),
    bodyIdleMsMax: count('GATEWAY_BODY_IDLE_MS_MAX'),
    jsonDepthMax: count('GATEWAY_JSON_DEPTH_MAX'),
    claimLinesMax: count('GATEWAY_CLAIM_LINES_MAX'),
    envelopeClaimsMax: count('GATEWAY_ENVELOPE_CLAIMS_MAX'),
    waitersMax: count('GATEWAY_WAITERS_MAX'),
    inflightBytesMax: count('GATEWAY_INFLIGHT_BYTES_MAX'),
    eventLoopDelayMsMax: count('GATEWAY_EVENT_LOOP_DELAY_MS_MAX'),
    facilityRatePerS: count('GATEWAY_FACILITY_RATE_PER_S'),
    facilityBurst: count('GATEWAY_FACILITY_BURST'),
    streamPartitions: count('GATEWAY_STREAM_PARTITIONS'),
    streamReplicas: optional('GATEWAY_STREAM_REPLICAS') ?? (production ? REPLICAS_MIN_IN_PRODUCTION : 1),
    streamAppendMsMax: count('GATEWAY_STREAM_APPEND_MS_MAX'),
    streamLagMax: count('GATEWAY_STREAM_LAG_MAX'),
    batchClaimsMax: count('GATEWAY_BATCH_CLAIMS_MAX'),
    checkInInflightMax: count('GATEWAY_CHECK_IN_INFLIGHT_MAX'),
    checkInBodyBytesMax: count('GATEWAY_CHECK_IN_BODY_BYTES_MAX'),
    checkInLookupMsMax: count('GATEWAY_CHECK_IN_LOOKUP_MS_MAX'),
    checkInConnectionsMax: count('GATEWAY_CHECK_IN_CONNECTIONS_MAX'),
    disasterReferralDays: count('GATEWAY_DISASTER_REFERRAL_DAYS'),
    kioskAgentUrl: text('GATEWAY_KIOSK_AGENT_URL'),
    storeConnectionsMax: count('GATEWAY_STORE_CONNECTIONS_MAX'),
    storeStatementMsMax: count('GATEWAY_STORE_STATEMENT_MS_MAX'),
    cacheCommandMsMax: count('GATEWAY_CACHE_COMMAND_MS_MAX'),
    cacheEntriesMax: count('GATEWAY_CACHE_ENTRIES_MAX'),
    cacheBytesMax: count('GATEWAY_CACHE_BYTES_MAX'),
    eligibilityFreshMs: count('GATEWAY_ELIGIBILITY_FRESH_MS'),
    eligibilityNoneFreshMs: count('GATEWAY_ELIGIBILITY_NONE_FRESH_MS'),
    eligibilityKeepMs: count('GATEWAY_ELIGIBILITY_KEEP_MS'),
    registerUrl: text('GATEWAY_REGISTER_URL'),
    registerAnswerMsMax: count('GATEWAY_REGISTER_ANSWER_MS_MAX'),
    registerInflightMax: count('GATEWAY_REGISTER_INFLIGHT_MAX'),
    registerOlderDays: count('GATEWAY_REGISTER_OLDER_DAYS'),
    clientsFreshMs: count('GATEWAY_CLIENTS_FRESH_MS'),
    drainMsMax: count('GATEWAY_DRAIN_MS_MAX'),
  }
}

const METRICS_PORT_IN_PRODUCTION = 9464
const REPLICAS_MIN_IN_PRODUCTION = 3
const DEFAULT_PASSWORDS = new Set(['postgres', 'redis', 'password', 'secret', 'changeme', 'admin', 'gateway', 'bhyt'])

/** What each value allows and all of them together do not. */
function contradictions(config: Config, given: Environment): string[] {
  const faults: string[] = []
  if (config.waitDefaultMs > config.waitMsMax) faults.push('GATEWAY_WAIT_DEFAULT_MS must not be above GATEWAY_WAIT_MAX_MS')
  for (const name of ['GATEWAY_ELIGIBILITY_FRESH_MS', 'GATEWAY_ELIGIBILITY_NONE_FRESH_MS'] as const) {
    const freshMs = name === 'GATEWAY_ELIGIBILITY_FRESH_MS' ? config.eligibilityFreshMs : config.eligibilityNoneFreshMs
    if (freshMs > config.eligibilityKeepMs) faults.push(`${name} must not be above GATEWAY_ELIGIBILITY_KEEP_MS`)
  }
  if (config.profile === 'production') faults.push(...unfitForProduction(config, given))
  return faults
}

function unfitForProduction(config: Config, given: Environment): string[] {
  const faults: string[] = []
  const refuse = (name: string, what: string) => faults.push(`${name}: GATEWAY_PROFILE=production ${what}`)
  if (config.streamUrl === 'embedded:')
    refuse('GATEWAY_STREAM_URL', 'refuses embedded:, name Kafka as kafka://host:port,host:port')
  if (config.cacheUrl === 'memory:')
    refuse('GATEWAY_CACHE_URL', 'refuses memory:, name Redis as redis://, rediss:// or redis-cluster://')
  if (config.storeUrl.startsWith('embedded:')) refuse('GATEWAY_STORE_URL', 'refuses embedded:, name PostgreSQL as postgres://')
  if (!given['GATEWAY_KEYS_DIR']) refuse('GATEWAY_KEYS_DIR', 'makes no keys: name the folder that holds them')
  if (config.streamReplicas < REPLICAS_MIN_IN_PRODUCTION)
    refuse('GATEWAY_STREAM_REPLICAS', `needs at least ${REPLICAS_MIN_IN_PRODUCTION} replicas`)
  if (config.metricsPort === config.port) refuse('GATEWAY_METRICS_PORT', 'serves /metrics on a port of its own, not GATEWAY_PORT')
  for (const [name, url] of [
    ['GATEWAY_STREAM_URL', config.streamUrl],
    ['GATEWAY_CACHE_URL', config.cacheUrl],
    ['GATEWAY_STORE_URL', config.storeUrl],
  ] as const)
    if (hasDefaultPassword(url)) refuse(name, 'refuses a default password: set one that nobody can guess')
  return faults
}

function hasDefaultPassword(url: string): boolean {
  const [, user, password] = /^[a-z-]+:\/\/([^:@/]*):([^@/]*)@/.exec(url) ?? []
  return password !== undefined && (password === user || DEFAULT_PASSWORDS.has(password.toLowerCase()))
}

export interface ConfigRow {
  readonly name: Variable
  readonly default: string
  readonly unit: string
  /** What it may be: bounds or choices; empty for free text. */
  readonly allowed: string
  readonly description: string
  /** As it is set; `***` where it may hold a password. */
  readonly value: string | undefined
}

/** One row a variable in the order of the schema, for `gateway doctor` and the generated table of `docs/operations.md`. */
export function configTable(env: Environment = {}): readonly ConfigRow[] {
  return (Object.entries(variables) as [Variable, VariableSchema][]).map(([name, variable]) => ({
    name,
    default: variable.default === undefined ? '' : String(variable.default),
    unit: variable['x-unit'] ?? '',
    allowed: variable.enum?.join(', ') ?? (variable.minimum === undefined ? '' : `${variable.minimum} to ${variable.maximum}`),
    description: variable.description,
    value: shown(variable, env[name]),
  }))
}

/** A back end's address without what stands before `@`. */
function shown(variable: VariableSchema, value: string | undefined): string | undefined {
  if (value === undefined || !variable['x-secret']) return value
  return value.replace(/^([a-z-]+:\/\/)[^@/]*@/, '$1***@')
}
