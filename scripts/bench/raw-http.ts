import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Baseline of P1: bare `node:http` that reads the body and answers what a receipt weighs. Prints one line: its port and a token that nobody reads. */
const receipt = JSON.stringify({
  claimId: 'c_00000000000000000000000000',
  facilityCode: '01999',
  encounterId: 'B-0',
  status: 'received',
  receivedAt: new Date(0).toISOString(),
  contentSha256: '0'.repeat(64),
})
const server = createServer((request, response) => {
  let bytes = 0
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  request.on('end', () => {
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': receipt.length, 'x-bytes': bytes })
    response.end(receipt)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port, token: 'none' })}\n`),
)
