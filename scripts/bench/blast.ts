import { connect, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { type ClaimSize, createClaimFactory } from '../../load/claims.ts'

/**
 * The leanest closed-loop client we could make, as a process of its own: on two cores an expensive client measures itself. Each
 * connection sends its next claim when it has its answer. Prints one line of JSON: answers by status, and answer times.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    path: { type: 'string', default: '/v1/claims' },
    token: { type: 'string', default: '' },
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '2' },
    prefer: { type: 'string', default: 'wait=10' },
    size: { type: 'string', default: 'small' },
    members: { type: 'string', default: '10000' },
    facility: { type: 'string', default: '01999' },
    run: { type: 'string', default: 'B' },
  },
})

const make = createClaimFactory({
  run: values.run,
  facility: values.facility,
  date: '2026-03-10',
  members: Number(values.members),
  seed: 1,
})
const head = [
  `POST ${values.path} HTTP/1.1`,
  'host: 127.0.0.1',
  `authorization: Bearer ${values.token}`,
  'content-type: application/json',
  `prefer: ${values.prefer}`,
  'content-length: ',
].join('\r\n')

let sequence = 0
function nextRequest(): string {
  const { body } = make({ sequence: sequence++, size: values.size as ClaimSize, format: 'json', revision: 0 })
  return `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`
}

const warmUpMs = Number(values['warm-up']) * 1_000
const endMs = warmUpMs + Number(values.seconds) * 1_000
const startedAt = performance.now()
const statuses: Record<string, number> = {}
const times: number[] = []
let warmUpAnswered = 0
let counted = 0
let cpuAtStart = process.cpuUsage()
let warm = false
let open = 0

function answered(status: string, sentAt: number): void {
  const now = performance.now()
  const at = now - startedAt
  if (at < warmUpMs) {
    warmUpAnswered++
    return
  }
  if (!warm) {
    warm = true
    cpuAtStart = process.cpuUsage()
  }
  if (at > endMs) return
  counted++
  statuses[status] = (statuses[status] ?? 0) + 1
  times.push(now - sentAt)
}

/** Reads answers of one connection: status line, content-length, body; nothing more is needed of them. */
function start(socket: Socket): void {
  let sentAt = 0
  let held: Buffer = Buffer.alloc(0)
  let missing = -1
  let status = ''
  const send = () => {
    if (performance.now() - startedAt > endMs) {
      socket.end()
      return
    }
    sentAt = performance.now()
    socket.write(nextRequest())
  }
  socket.on('data', (piece: Buffer) => {
    if (missing < 0) {
      held = held.length === 0 ? piece : Buffer.concat([held, piece])
      const end = held.indexOf('\r\n\r\n')
      if (end < 0) return
      const text = held.toString('latin1', 0, end)
      status = text.slice(9, 12)
      missing = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0) - (held.length - end - 4)
      held = Buffer.alloc(0)
    } else missing -= piece.length
    if (missing > 0) return
    missing = -1
    answered(status, sentAt)
    send()
  })
  socket.on('error', () => answered('broken', sentAt))
  socket.once('close', () => {
    if (--open === 0) report()
  })
  send()
}

function report(): void {
  const { user, system } = process.cpuUsage(cpuAtStart)
  times.sort((a, b) => a - b)
  const at = (share: number) => Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 100) / 100
  process.stdout.write(
    `${JSON.stringify({
      statuses,
      warmUpAnswered,
      perSecond: Math.round(counted / Number(values.seconds)),
      p50: at(0.5),
      p99: at(0.99),
      p999: at(0.999),
      max: at(1),
      cpuUs: Math.round((user + system) / Math.max(1, counted)),
      sent: sequence,
    })}\n`,
  )
}

for (let connection = 0; connection < Number(values.connections); connection++) {
  open++
  const socket = connect({ host: '127.0.0.1', port: Number(values.port), noDelay: true }, () => start(socket))
}
