import { constants, createHash, createPrivateKey, type KeyObject, privateEncrypt, randomBytes, sign } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { DeckCard, DeckForm } from './deck.ts'

/**
 * The chips of the deck: answers a nonce with a card's key, on a thread of its own so that sends are not late. Written here again on purpose:
 * the harness is independent of the gateway.
 */
const keys = (workerData as readonly DeckCard[]).map(({ privateKey, form }) => ({ key: createPrivateKey(privateKey), form }))

parentPort!.on('message', ({ id, card, nonce }: { id: number; card: number; nonce: string }) => {
  const { key, form } = keys[card]!
  parentPort!.postMessage({ id, answer: answerOf(key, form, Buffer.from(nonce, 'base64')).toString('base64') })
})

function answerOf(key: KeyObject, form: DeckForm, nonce: Buffer): Buffer {
  if (form.kind === 'ecdsa') return sign(form.hash, nonce, { key, dsaEncoding: 'ieee-p1363' })
  return signIso9796(key, form.bits, form.hash, nonce)
}

const TRAILERS: Readonly<Record<string, readonly number[]>> = {
  sha1: [0xbc],
  sha224: [0x38, 0xcc],
  sha256: [0x34, 0xcc],
  sha384: [0x36, 0xcc],
  sha512: [0x35, 0xcc],
}

/** ISO/IEC 9796-2, scheme 1, partial recovery: 6A | filling | hash over filling and nonce | trailer. */
function signIso9796(key: KeyObject, bits: number, hash: string, nonce: Buffer): Buffer {
  const trailer = Buffer.from(TRAILERS[hash]!)
  const hashBytes = createHash(hash).digest().length
  const filling = randomBytes(bits / 8 - 1 - hashBytes - trailer.length)
  const digest = createHash(hash).update(filling).update(nonce).digest()
  return privateEncrypt(
    { key, padding: constants.RSA_NO_PADDING },
    Buffer.concat([Buffer.from([0x6a]), filling, digest, trailer]),
  )
}
