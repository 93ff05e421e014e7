import { join } from 'node:path'
import {
  browse,
  type KioskStage,
  openKioskStage,
  type Person,
  type Seen,
  SIZES,
  signIn,
} from '../test/web/support/kiosk-stage.ts'
import { startTestPostgres } from './provision/postgres.ts'
import { root, say } from './support/run.ts'

/**
 * `node scripts/run.mjs scripts/kiosk-pictures.ts`: plays patients at the kiosk and a clerk at the reception, on the real check-ins with synthetic
 * people, and puts what they see into `docs/images/kiosk-*.png` and `docs/images/reception.png`.
 */
const images = join(root, 'docs', 'images')
const server = await startTestPostgres(say)
process.env['TEST_POSTGRES_URL'] = server.url
const stage = await openKioskStage()

async function kiosk(
  size: keyof typeof SIZES,
  language: 'vi' | 'en',
  play: (seen: Seen, shot: (name: string) => Promise<void>) => Promise<void>,
) {
  const seen = await browse(stage.browser, SIZES[size])
  await signIn(seen, stage, { role: 'kiosk', to: '/kiosk' })
  if (language === 'en') await seen.page.locator('a[hreflang="en"]').click()
  await seen.page.locator('[data-reader="ready"]').waitFor()
  const suffix = size === 'portrait' ? '' : '-landscape'
  await play(seen, async (name) => {
    await seen.page.screenshot({ path: join(images, `kiosk-${name}${suffix}.png`) })
    say(`docs/images/kiosk-${name}${suffix}.png`)
  })
  await seen.context.close()
}

async function lay({ reader }: KioskStage, { page }: Seen, person: Person): Promise<void> {
  reader.lay(person)
  await page.locator('[data-view="start"]').waitFor({ state: 'hidden' })
}
async function leave({ reader }: KioskStage, { page }: Seen): Promise<void> {
  reader.lay(undefined)
  await page.locator('[data-view="result"] [data-do="wipe"]').click()
  await page.locator('[data-view="start"]').waitFor()
  // The page must have seen the reader empty.
  await page.waitForTimeout(1_500)
}
async function end(seen: Seen, person: Person, name: string, shot: (name: string) => Promise<void>): Promise<void> {
  await lay(stage, seen, person)
  await seen.page.locator('[data-view="result"]').waitFor()
  await shot(name)
  await leave(stage, seen)
}

try {
  await kiosk('portrait', 'vi', async (seen, shot) => {
    await shot('start')
    stage.reader.slow(2_500)
    await lay(stage, seen, 'genuine')
    await seen.page.locator('[data-view="working"] .ticket').waitFor()
    await seen.page.waitForTimeout(1_200)
    await shot('working')
    await seen.page.locator('[data-view="result"]').waitFor()
    stage.reader.slow(0)
    await shot('admitted')
    await leave(stage, seen)
    await end(seen, 'renamed', 'name', shot)
    await end(seen, 'expired', 'expired', shot)
    await end(seen, 'cloned', 'cloned', shot)
    await seen.page.locator('[data-do="typed"]').click()
    await shot('typed')
    await seen.page.locator('[data-view="typed"] [data-do="wipe"]').click()
    await seen.page.locator('[data-do="qr"]').click()
    await shot('qr')
    await seen.page.locator('[data-view="qr"] [data-do="wipe"]').click()
    // Challenges for work offline are there by then.
    await seen.page.waitForTimeout(6_000)
    await seen.page.route(`${stage.base}/**`, (route) => route.abort())
    await end(seen, 'offline', 'offline', shot)
    await seen.page.unrouteAll()
    await seen.page.waitForTimeout(6_000)
  })
  stage.mode.isDisaster = true
  await kiosk('portrait', 'vi', async (seen, shot) => {
    await seen.page.locator('[data-do="typed"]').click()
    await seen.page.locator('#name').fill('PHẠM VĂN KHÔNG GIẤY TỜ')
    await seen.page.locator('#birth').fill('1970')
    await seen.page.locator('[type="submit"]').click()
    await seen.page.locator('[data-view="result"]').waitFor()
    await shot('disaster')
  })
  stage.mode.isDisaster = false
  await kiosk('landscape', 'vi', async (seen, shot) => {
    await shot('start')
    await end(seen, 'expired', 'expired', shot)
    await seen.page.locator('[data-do="typed"]').click()
    await shot('typed')
  })
  await kiosk('landscape', 'en', async (seen, shot) => {
    await end(seen, 'more', 'admitted', shot)
  })
  const seen = await browse(stage.browser, SIZES.landscape)
  await signIn(seen, stage, { role: 'facility', to: '/reception' })
  await seen.page.screenshot({ path: join(images, 'reception.png'), fullPage: true })
  say('docs/images/reception.png')
  await seen.context.close()
} finally {
  await stage.stop()
  await server.stop()
}
process.exit(0)
