import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { PROBLEMS } from '../../src/platform/problem.ts'
import { docsRoutes } from '../../web/docs.ts'

const app = docsRoutes()
const root = join(import.meta.dirname, '..', '..')
const pages = ['/', '/docs', '/problems']
const files = ['/docs/docs.js', '/docs/docs.css', '/docs/pages.css', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js']

describe.each(pages)('%s', (address) => {
  test('is a page that may load nothing from elsewhere and run nothing inline', async () => {
    const response = await app.request(address)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    const text = await response.text()
    expect(text).toContain('<html lang="vi">')
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?\/\//)
  })
  test('leads only to addresses that are there', async () => {
    const text = await (await app.request(address)).text()
    const elsewhere = ['/readyz', '/metrics', '/kiosk', '/reception']
    const links = [...text.matchAll(/(?:href|src)="(\/[^"#]*)/g)].map(([, link]) => link!)
    for (const link of links.filter((link) => !elsewhere.includes(link))) {
      expect((await app.request(link)).status, link).toBe(200)
    }
  })
})

describe('every file', () => {
  test.each([...pages, ...files, '/openapi.json'])('%s carries an id and is not asked for twice', async (address) => {
    const first = await app.request(address)
    const tag = first.headers.get('etag')!
    expect(first.headers.get('request-id')).toMatch(/^req_[0-9a-f]{24}$/)
    expect(first.headers.get('cache-control')).toBe('no-cache')
    expect(first.headers.get('x-content-type-options')).toBe('nosniff')
    const again = await app.request(address, { headers: { 'if-none-match': tag } })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
  })
  test('is compressed for those who take it, and the same then', async () => {
    const plain = Buffer.from(await (await app.request('/openapi.json')).arrayBuffer())
    const response = await app.request('/openapi.json', { headers: { 'accept-encoding': 'br, gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.length).toBeLessThan(plain.length / 5)
    expect(gunzipSync(bytes).equals(plain)).toBe(true)
  })
  test('of the reader is there without its maps, tests and other builds', async () => {
    expect((await app.request('/docs/swagger-ui-bundle.js.map')).status).toBe(404)
    expect((await app.request('/docs/index.html')).status).toBe(404)
    expect((await app.request('/docs/../package.json')).status).toBe(404)
  })
})

describe('the registry of problems and its page', () => {
  const markdown = readFileSync(join(root, 'docs', 'problems.md'), 'utf8')
  const sections = [...markdown.matchAll(/^## (\S+)$/gm)].map(([, code]) => code)
  test('agree both ways', () => expect(sections).toEqual(Object.keys(PROBLEMS)))
  test.each(Object.keys(PROBLEMS))('%s has its section in both places, in both languages', async (code) => {
    const section = markdown.split(`## ${code}\n`)[1]?.split('\n## ')[0] ?? ''
    expect(section).toContain('**Cần làm:** ')
    expect(section).toContain('**What to do:** ')
    expect(section).toContain(`"type": "/problems/${code}"`)
    const served = await (await app.request('/problems')).text()
    expect(served).toContain(`<section id="${code}">`)
    const redirected = await app.request(`/problems/${code}`)
    expect([redirected.status, redirected.headers.get('location')]).toEqual([302, `/problems#${code}`])
  })
  test('a code that is none has no page', async () => {
    expect((await app.request('/problems/no.such')).status).toBe(404)
  })
})
