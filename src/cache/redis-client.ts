import { Cluster, Redis, type RedisOptions } from 'ioredis'

const CONNECT_MS_MAX = 1_000
/** A connection on which commands wait and nothing comes for this long is given up and made anew. */
const SILENT_MS_MAX = 2_000
const RECONNECT_MS_STEP = 50
const RECONNECT_MS_MAX = 1_000
const PORT = 6379

/**
 * Options under which a lost server shows at once instead of filling a queue: nothing waits for a connection, and a command that
 * was under way when it broke is sent once more at most.
 */
const options = {
  enableOfflineQueue: false,
  // What is asked at once is one write.
  enableAutoPipelining: true,
  maxRetriesPerRequest: 1,
  connectTimeout: CONNECT_MS_MAX,
  socketTimeout: SILENT_MS_MAX,
  connectionName: 'bhyt-gateway',
  reconnectOnError: (error: Error) => /\bREADONLY\b/.test(error.message),
  retryStrategy: reconnectDelay,
} satisfies RedisOptions

function reconnectDelay(attempt: number): number {
  return Math.min(attempt * RECONNECT_MS_STEP, RECONNECT_MS_MAX)
}

/**
 * Connects in the background and reconnects for ever.
 * @param url `redis://[user:password@]host[:port][/db]`, `rediss://…` (TLS), or `redis-cluster://[user:password@]host:port,host:port[?tls=true]`
 */
export function connectRedis(url: string): Redis | Cluster {
  const client = url.startsWith('redis-cluster:') ? connectCluster(url) : new Redis(url, options)
  // Whoever asks next learns it from their own call; without a listener ioredis prints.
  client.on('error', () => {})
  return client
}

function connectCluster(url: string): Cluster {
  const parts = /^redis-cluster:\/\/(?:([^@/]*)@)?([^/?]+)\/?(\?tls=true)?$/.exec(url)
  if (!parts) throw new Error('the address of a Redis Cluster is redis-cluster://[user:password@]host:port,host:port[?tls=true]')
  const [, login = '', hosts = '', tls] = parts
  const [username = '', password = ''] = login.split(':').map(decodeURIComponent)
  const nodes = hosts.split(',').map((one) => {
    const address = new URL(`redis://${one}`)
    return { host: address.hostname, port: address.port === '' ? PORT : Number(address.port) }
  })
  return new Cluster(nodes, {
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: reconnectDelay,
    clusterNodeRetryStrategy: reconnectDelay,
    slotsRefreshTimeout: CONNECT_MS_MAX,
    redisOptions: {
      maxRetriesPerRequest: 1,
      connectTimeout: CONNECT_MS_MAX,
      socketTimeout: SILENT_MS_MAX,
      connectionName: options.connectionName,
      reconnectOnError: options.reconnectOnError,
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
      ...(tls === undefined ? {} : { tls: {} }),
    },
  })
}
