import type { GatewayClient } from '../client.ts'
import { seededRandom } from '../random.ts'
import type { Chips } from './chips.ts'
import { checkInBody } from './people.ts'
import type { DeskSent } from './tally.ts'
import { deskToldBy, deskToldNothing } from './told.ts'

export interface DeskOptions {
  readonly run: string
  readonly members: number
  readonly chipShare: number
  readonly seed: number
}
/** What was sent and told, to be held against a second time. */
export interface Sent extends DeskSent {
  readonly body: string
}
export interface Desk {
  /** Lays the card of check-in `index` on the reader, if it comes by chip. */
  prepare(index: number): void
  /** Sends check-in `index`. Never throws. */
  checkIn(index: number): Promise<DeskSent>
  /** Sends the same bytes once more. Never throws. */
  again(sent: Sent): Promise<DeskSent>
  readonly sent: readonly Sent[]
}

/** Kiosks and desks of a hospital: which check-in comes by chip is drawn from the seed. */
export function createDesk(
  options: DeskOptions,
  { client, chips, cards }: { client: GatewayClient; chips: Chips | undefined; cards: number },
): Desk {
  const random = seededRandom(options.seed)
  const reading = new Map<number, Promise<string>>()
  const sent: Sent[] = []

  async function post(body: string, method: DeskSent['method']): Promise<DeskSent> {
    const told = await client.send('POST', '/v1/check-ins', { body }).then(deskToldBy, deskToldNothing)
    return { method, told }
  }
  return {
    sent,
    prepare(index) {
      if (chips === undefined || random() >= options.chipShare) return
      const body = chips.read(index % cards).then((identity) => checkInBody(index, options, identity))
      body.catch(() => {})
      reading.set(index, body)
    },
    async checkIn(index) {
      const chip = reading.get(index)
      reading.delete(index)
      if (chip === undefined) return keep(checkInBody(index, options), 'card')
      try {
        return await keep(await chip, 'chip')
      } catch (cause) {
        return { method: 'chip', told: deskToldNothing(cause) }
      }
    },
    again: ({ body, method }) => post(body, method),
  }
  async function keep(body: string, method: DeskSent['method']): Promise<DeskSent> {
    const { told } = await post(body, method)
    sent.push({ body, method, told })
    return { method, told }
  }
}
