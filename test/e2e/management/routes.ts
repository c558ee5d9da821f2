import { OpenApiService } from '../../../src/management/api/open-api.service.js';
import type { AdminRequest, AdminWorld } from './admin-world.js';

/** A route that the OpenAPI document names. */
export interface Route {
  readonly method: NonNullable<AdminRequest['method']>;
  /** With a name in place of each parameter that nothing has. */
  readonly path: string;
  readonly role: string;
  readonly scope: string | undefined;
  readonly isChange: boolean;
  /** Whether it reads a body. */
  readonly hasBody: boolean;
}

/** Every route that the OpenAPI document names: a new controller is tested from its first day. */
export function routesOf({ store }: AdminWorld): Route[] {
  const { paths } = store.app.get(OpenApiService).get();
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Record<string, string>>).map(([verb, operation]) => {
      const method = verb.toUpperCase() as Route['method'];
      return {
        method,
        path: path.replaceAll(/\{[^}]+\}/g, '999999'),
        role: operation['x-role'] ?? '',
        scope: operation['x-scope'],
        isChange: !['GET', 'HEAD', 'OPTIONS'].includes(method),
        hasBody: ['POST', 'PUT', 'PATCH'].includes(method),
      };
    }),
  );
}
