import { createHash } from 'node:crypto';
import type { OpenAPIObject } from '@nestjs/swagger';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}summary{cursor:pointer}details{margin:.3rem 0}
.m{display:inline-block;min-width:4.5rem;font-weight:bold;text-transform:uppercase}pre{background:#8881;padding:.7rem;overflow:auto}`;

/** The only style that the page may use is its own. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What the page shows of an operation. */
interface DescribedOperation {
  readonly summary?: string;
  readonly parameters?: unknown;
  readonly requestBody?: unknown;
  readonly responses?: unknown;
  readonly 'x-role'?: string;
  readonly 'x-scope'?: string;
}

function operationHtml(method: string, path: string, operation: DescribedOperation): string {
  const { summary, parameters, requestBody, responses, 'x-role': role, 'x-scope': scope } = operation;
  const needs =
    role === 'anyone'
      ? 'nobody needs to sign in'
      : `role ${role}${scope === undefined ? '' : `, scope ${scope}`}`;
  const details = JSON.stringify({ parameters, requestBody, responses }, null, 2);
  return `<details><summary><span class="m">${method}</span> <code>${escape(path)}</code> ${escape(summary ?? '')}</summary>
<p>${escape(needs)}</p><pre>${escape(details)}</pre></details>`;
}

/** A page for people, without a script and without anything from elsewhere. */
export function openApiPage({ info, paths, components }: OpenAPIObject): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [operationHtml(method, path, operation)] : [];
    }),
  );
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="${escape(name)}"><summary><code>${escape(name)}</code></summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)}</title><style>${STYLE}</style><h1>${escape(info.title)}</h1><p>${escape(info.description ?? '')}</p>
<p>For programs: <a href="/admin/v1/openapi.json">openapi.json</a></p>
<h2>Operations</h2>${operations.join('\n')}<h2>Forms</h2>${schemas.join('\n')}</html>
`;
}
