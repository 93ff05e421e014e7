import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createKafkaClient } from '../../src/stream/kafka-client.ts'
import { fetchWithDependencies } from './maven.ts'

export const KAFKA_VERSION = '4.1.1'
/** 9 MiB: the largest record of the contract. */
const RECORD_BYTES_MAX = 9 * 1024 * 1024

/** One broker of a run. */
export interface RunningBroker {
  readonly nodeId: number
  readonly host: string
  pid(): number | undefined
  /** SIGKILL: no controlled shut-down, sockets are reset. */
  kill(): Promise<void>
  /** SIGTERM, then waits until it is gone. */
  stop(): Promise<void>
  /** Starts it again on the same ports and log; resolves when it answers. */
  start(): Promise<void>
  /** SIGSTOP: a black hole; connections stay open and nothing answers. */
  pause(): void
  resume(): void
}
/** A Kafka of this run alone: on the loopback, in a temporary folder, gone when this process is gone (also by SIGKILL). */
export interface RunningKafka {
  /** `kafka://host:port[,host:port]` */
  readonly url: string
  readonly brokers: readonly RunningBroker[]
  stop(): Promise<void>
}

const cacheDir = () => resolve(process.env['BHYT_CACHE_DIR'] ?? '.cache')
const libs = () => join(cacheDir(), `kafka-${KAFKA_VERSION}`, 'libs')

/**
 * Makes Kafka available and says where from: `KAFKA_URL` (a cluster that runs already), or the Maven artifact on the system's Java,
 * fetched once into the cache folder.
 * @throws with what to do when neither can be had
 */
export function provisionKafka(say: (line: string) => void): void {
  if (process.env['KAFKA_URL']) {
    say('Kafka: the cluster that KAFKA_URL names')
    return
  }
  const java = javaVersion()
  if (java === undefined || java < 17) {
    const found = java === undefined ? 'Java is missing' : `Java ${java} is too old`
    throw new Error(`${found}: install Java 17 or newer, ${otherWays()}`)
  }
  if (existsSync(libs())) {
    say(`Kafka: ${KAFKA_VERSION} on Java ${java} (cached)`)
    return
  }
  say(`Kafka: fetching ${KAFKA_VERSION} with Maven …`)
  try {
    fetchWithDependencies(
      [
        `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
        `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
        'org.slf4j:slf4j-simple:1.7.36',
      ],
      libs(),
    )
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}: install Maven, ${otherWays()}`)
  }
  say(`Kafka: ${KAFKA_VERSION} on Java ${java}`)
}

function otherWays(): string {
  const docker = spawnSync('docker', ['--version']).status === 0
  const run = `docker run -d -p 9092:9092 apache/kafka:${KAFKA_VERSION}`
  return docker
    ? `or run Kafka with Docker (${run}) and set KAFKA_URL=kafka://127.0.0.1:9092`
    : 'or set KAFKA_URL=kafka://host:port'
}

function javaVersion(): number | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const version = /version "(\d+)/.exec(`${java.stderr ?? ''}${java.stdout ?? ''}`)
  return java.status === 0 && version ? Number(version[1]) : undefined
}

/** The class path of Kafka's own tools, for tests that use a second client. Provisions first. */
export function kafkaClassPath(): string {
  provisionKafka(() => {})
  return join(libs(), '*')
}

export interface StartKafkaOptions {
  readonly brokers: 1 | 3
  /** Parent of the temporary folder. */
  readonly dir?: string
  readonly heapMb?: number
  /** Starts one even where `KAFKA_URL` names a cluster, for tests that kill brokers. */
  readonly own?: boolean
}

/**
 * Starts brokers in combined KRaft mode, or hands out the cluster of `KAFKA_URL` (which has no brokers to kill).
 * @throws when a broker does not answer within 60 s, with the end of its log
 */
export async function startKafka(options: StartKafkaOptions): Promise<RunningKafka> {
  const given = process.env['KAFKA_URL']
  if (given && !options.own) return { url: given, brokers: [], stop: async () => {} }
  provisionKafka(() => {})
  const folder = mkdtempSync(join(options.dir ?? tmpdir(), 'bhyt-kafka-'))
  const ports = await freePorts(options.brokers * 2)
  const nodes = Array.from({ length: options.brokers }, (_, index) => ({
    nodeId: index + 1,
    port: ports[2 * index]!,
    controllerPort: ports[2 * index + 1]!,
    folder: join(folder, `${index + 1}`),
  }))
  for (const node of nodes) writeProperties(node, nodes)
  const clusterId = newClusterId()
  await Promise.all(nodes.map((node) => format(node, clusterId)))
  const heapMb = options.heapMb ?? 320
  const brokers = nodes.map((node) => createBroker(node, heapMb))
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.kill()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all(brokers.map((broker) => broker.launch()))
    await untilUp(
      nodes.map(({ port }) => `127.0.0.1:${port}`),
      nodes.length,
    )
  } catch (cause) {
    const logs = nodes.map(tailOfLog).join('\n')
    await stop()
    throw new Error(`Kafka did not start: ${cause instanceof Error ? cause.message : String(cause)}\n${logs}`)
  }
  return { url: `kafka://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`, brokers, stop }
}

/** 16 random bytes as Kafka writes them; the tool would take one that begins with `-` for an option. */
function newClusterId(): string {
  const bytes = randomBytes(16)
  bytes[0]! &= 0x7f
  return bytes.toString('base64url')
}

interface Node {
  readonly nodeId: number
  readonly port: number
  readonly controllerPort: number
  readonly folder: string
}
const propertiesOf = (node: Node) => join(node.folder, 'server.properties')
const logOf = (node: Node) => join(node.folder, 'broker.log')

function tailOfLog(node: Node): string {
  return existsSync(logOf(node)) ? readFileSync(logOf(node), 'utf8').slice(-1500) : ''
}

function writeProperties(node: Node, nodes: readonly Node[]): void {
  const replicas = nodes.length
  const inSync = Math.min(2, replicas)
  mkdirSync(node.folder, { recursive: true })
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': node.nodeId,
    'controller.quorum.voters': nodes.map((one) => `${one.nodeId}@127.0.0.1:${one.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(node.folder, 'log'),
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 6000,
    'broker.heartbeat.interval.ms': 1000,
    'message.max.bytes': RECORD_BYTES_MAX,
    'replica.fetch.max.bytes': RECORD_BYTES_MAX,
    'num.network.threads': 2,
    'num.io.threads': 3,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
    'log.index.size.max.bytes': 1024 * 1024,
  }
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
  writeFileSync(propertiesOf(node), `${lines.join('\n')}\n`)
}

const jvm = (heapMb: number) => [
  `-Xms${heapMb}m`,
  `-Xmx${heapMb}m`,
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-cp',
  join(libs(), '*'),
]

async function format(node: Node, clusterId: string): Promise<void> {
  const args = [
    ...jvm(64),
    '-XX:TieredStopAtLevel=1',
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    propertiesOf(node),
  ]
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.on('data', (data) => (said += data))
  const code = await new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', done)
  })
  if (code !== 0) throw new Error(`Kafka's storage could not be formatted: ${said.slice(-600)}`)
}

/**
 * The shell between us and the broker reads a pipe that only we hold: when we die in whatever way, it ends and takes the broker and its
 * folder along. It ends by itself when the broker does.
 */
const GUARD = [
  'exec 3<&0; log="$1"; folder="$2"; shift 2',
  '"$@" </dev/null >>"$log" 2>&1 3<&- & broker=$!',
  'echo $broker',
  '(cat <&3 >/dev/null; kill -STOP $broker; rm -rf "$folder"; kill -9 $broker) 2>/dev/null & watch=$!',
  'wait $broker; kill $watch 2>/dev/null',
].join('\n')

function createBroker(node: Node, heapMb: number): RunningBroker & { launch(): Promise<void> } {
  const host = `127.0.0.1:${node.port}`
  let running: { pid: number; gone: Promise<void>; guard: ChildProcess } | undefined
  const end = async (signal: NodeJS.Signals) => {
    if (!running) return
    const { pid, gone, guard } = running
    process.kill(pid, 'SIGCONT')
    process.kill(pid, signal)
    await gone
    guard.stdin?.end()
  }
  const launch = async () => {
    if (running) return
    const guard = spawn(
      'sh',
      ['-c', GUARD, 'kafka', logOf(node), dirname(node.folder), 'java', ...jvm(heapMb), 'kafka.Kafka', propertiesOf(node)],
      {
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    )
    const gone = new Promise<void>((done) => guard.once('exit', () => done()))
    void gone.then(() => {
      running = undefined
    })
    running = { pid: await firstNumber(guard), gone, guard }
  }
  return {
    nodeId: node.nodeId,
    host,
    pid: () => running?.pid,
    launch,
    start: async () => {
      await launch()
      await untilUp([host], 1)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    pause: () => void (running && process.kill(running.pid, 'SIGSTOP')),
    resume: () => void (running && process.kill(running.pid, 'SIGCONT')),
  }
}

function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('exit', () => fail(new Error('the guard of a broker ended at once')))
    child.stdout?.once('data', (data: Buffer) => done(Number.parseInt(data.toString(), 10)))
  })
}

/** Waits until the cluster, asked at `hosts`, names at least `brokersMin` brokers, this one among them. */
async function untilUp(hosts: readonly string[], brokersMin: number): Promise<void> {
  const until = Date.now() + 60_000
  for (;;) {
    const counts = await Promise.all(hosts.map(brokersSeenBy))
    if (counts.every((count) => count >= brokersMin)) return
    if (Date.now() > until) throw new Error(`${counts} of ${brokersMin} brokers are up after 60 s`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

async function brokersSeenBy(host: string): Promise<number> {
  const kafka = createKafkaClient({
    brokers: [host],
    clientId: 'provisioning',
    connectionTimeoutMs: 1_000,
    requestTimeoutMs: 2_000,
    retries: 0,
    onTrouble: () => {},
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.some((broker) => `${broker.host}:${broker.port}` === host) ? brokers.length : 0
  } catch {
    return 0
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer()
      await new Promise<void>((done, fail) => {
        probe.once('error', fail)
        probe.listen(0, '127.0.0.1', done)
      })
      return probe
    }),
  )
  return Promise.all(
    probes.map(async (probe) => {
      const address = probe.address()
      await new Promise((done) => probe.close(done))
      if (!address || typeof address !== 'object') throw new Error('no free port')
      return address.port
    }),
  )
}
