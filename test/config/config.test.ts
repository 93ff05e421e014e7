import { describe, expect, test } from 'vitest'
import schema from '../../schemas/config.json' with { type: 'json' }
import { configTable, type Environment, InvalidConfig, readConfig } from '../../src/config.ts'

function faultsOf(env: Environment): readonly string[] {
  try {
    readConfig(env)
  } catch (cause) {
    if (cause instanceof InvalidConfig) return cause.faults
    throw cause
  }
  return []
}
const production = {
  GATEWAY_PROFILE: 'production',
  GATEWAY_STREAM_URL: 'kafka://k1:9092,k2:9092,k3:9092',
  GATEWAY_CACHE_URL: 'rediss://gateway:s3Cr-et@cache:6380',
  GATEWAY_STORE_URL: 'postgres://gateway:x9-f2@store:5432/gateway',
  GATEWAY_KEYS_DIR: '/run/secrets/keys',
}

describe('the configuration', () => {
  test('names an upstream register over TLS, or on the loopback alone', () => {
    const faultsOfUrl = (url: string) => faultsOf({ GATEWAY_REGISTER_URL: url }).length
    expect(['', 'https://register.example/look-up', 'http://127.0.0.1:9000/', 'http://[::1]:9000'].map(faultsOfUrl)).toEqual([
      0, 0, 0, 0,
    ])
    expect(['http://register.example', 'http://127.0.0.1.example', 'ftp://127.0.0.1', 'https://'].map(faultsOfUrl)).toEqual([
      1, 1, 1, 1,
    ])
  })
  test('with nothing set is the embedded default of the contract', () => {
    expect(readConfig({ PATH: '/bin', HOME: '/home/x' })).toMatchObject({
      role: 'all',
      profile: 'development',
      host: '127.0.0.1',
      port: 8080,
      metricsPort: undefined,
      streamUrl: 'embedded:',
      cacheUrl: 'memory:',
      storeUrl: 'embedded:./data',
      keysDir: './data/keys',
      rulebookDir: './rulebook',
      trustDir: './data/trust',
      waitDefaultMs: 10_000,
      waitMsMax: 15_000,
      bodyBytesMax: 8_388_608,
      jsonDepthMax: 32,
      claimLinesMax: 5_000,
      streamPartitions: 6,
      streamReplicas: 1,
    })
  })
  test('is frozen', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true)
  })
  test('takes what is set, an empty value as not set', () => {
    expect(
      readConfig({ GATEWAY_PORT: '0', GATEWAY_METRICS_PORT: '9000', GATEWAY_ROLE: 'ingest', GATEWAY_HOST: '' }),
    ).toMatchObject({
      port: 0,
      metricsPort: 9_000,
      role: 'ingest',
      host: '127.0.0.1',
    })
  })
  test('reports every fault at once, each with what to do', () => {
    expect(
      faultsOf({
        GATEWAY_ROLE: 'both',
        GATEWAY_PORT: 'http',
        GATEWAY_BODY_BYTES_MAX: '1',
        GATEWAY_CLAIM_LINES_MAX: '5001',
        GATEWAY_WAIT_MAX_MS: '1.5',
        GATEWAY_STREAM_URL: 'http://kafka:9092',
        GATEWAY_MAX_BODY_BYTES: '1',
      }),
    ).toEqual([
      'GATEWAY_BODY_BYTES_MAX must be at least 1024 bytes',
      'GATEWAY_CLAIM_LINES_MAX must be at most 5000 lines',
      'GATEWAY_MAX_BODY_BYTES is not a variable of the gateway: correct its name or remove it (GATEWAY_BODY_BYTES_MAX?)',
      'GATEWAY_PORT must be a whole number',
      'GATEWAY_ROLE must be one of all, ingest, adjudication',
      expect.stringMatching(/^GATEWAY_STREAM_URL is not as it must be: .*kafka:\/\/host:port/),
      'GATEWAY_WAIT_MAX_MS must be a whole number of ms',
    ])
  })
  test('refuses values that contradict each other', () => {
    expect(
      faultsOf({ GATEWAY_WAIT_MAX_MS: '5000', GATEWAY_ELIGIBILITY_KEEP_MS: '60000', GATEWAY_ELIGIBILITY_NONE_FRESH_MS: '60001' }),
    ).toEqual([
      'GATEWAY_WAIT_DEFAULT_MS must not be above GATEWAY_WAIT_MAX_MS',
      'GATEWAY_ELIGIBILITY_FRESH_MS must not be above GATEWAY_ELIGIBILITY_KEEP_MS',
      'GATEWAY_ELIGIBILITY_NONE_FRESH_MS must not be above GATEWAY_ELIGIBILITY_KEEP_MS',
    ])
  })
  test('never says a value: it may be a password', () => {
    const faults = faultsOf({ GATEWAY_CACHE_URL: 'redis:/user:hunter2@cache', GATEWAY_PORT: 'hunter2', GATEWAY_ROLE: 'hunter2' })
    expect(faults.length).toBe(3)
    expect(faults.join()).not.toContain('hunter2')
  })
})

describe('the production profile', () => {
  test('takes real parts and its own defaults', () => {
    expect(readConfig(production)).toMatchObject({ profile: 'production', metricsPort: 9_464, streamReplicas: 3 })
  })
  test('refuses what is pleasant on a laptop, all of it at once', () => {
    const faults = faultsOf({ GATEWAY_PROFILE: 'production', GATEWAY_STREAM_REPLICAS: '1', GATEWAY_METRICS_PORT: '8080' })
    const names = ['STREAM_URL', 'CACHE_URL', 'STORE_URL', 'KEYS_DIR', 'STREAM_REPLICAS', 'METRICS_PORT']
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(names.map((name) => `GATEWAY_${name}`))
  })
  test.each([
    'postgres://gateway:gateway@store/gateway',
    'postgres://app:postgres@store/gateway',
    'postgres://app:ChangeMe@store/gateway',
  ])('refuses a default password (%#)', (url) => {
    expect(faultsOf({ ...production, GATEWAY_STORE_URL: url })).toEqual([expect.stringContaining('default password')])
  })
})

describe('the table of variables', () => {
  test('has every variable with its bounds, and a meaning', () => {
    const table = configTable()
    expect(table.map(({ name }) => name)).toEqual(Object.keys(schema.properties))
    expect(table.filter(({ description }) => description === '')).toEqual([])
    expect(table.find(({ name }) => name === 'GATEWAY_BODY_BYTES_MAX')).toEqual({
      name: 'GATEWAY_BODY_BYTES_MAX',
      default: '8388608',
      unit: 'bytes',
      allowed: '1024 to 9437184',
      description: expect.any(String),
      value: undefined,
    })
  })
  test('shows no password', () => {
    const shown = configTable(production).map(({ value }) => value)
    expect(shown).toContain('rediss://***@cache:6380')
    expect(shown.join()).not.toMatch(/s3Cr-et|x9-f2/)
  })
  test('every number but a port has a unit and two bounds', () => {
    const numbers = Object.entries(schema.properties).filter(([, { type }]) => type === 'integer')
    const without = numbers.filter(
      ([name, variable]) =>
        !('minimum' in variable && 'maximum' in variable) || !('x-unit' in variable || name.endsWith('_PORT')),
    )
    expect(without).toEqual([])
  })
})
