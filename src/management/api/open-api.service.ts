import { Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from './problem.dto.js';

/** The module whose controllers the document describes, and every one of it. */
export abstract class AdminApi {
  abstract readonly module: new () => object;
}

const DESCRIPTION = `Manages a store over the network. Send a token (\`Authorization: Bearer\`), the name and password of an
operator (\`Authorization: Basic\`), or the cookie of a session together with \`X-CSRF-Token\`. \`x-role\` is the least role
that an operation needs, \`x-scope\` the scope that a token needs. A POST may carry \`Idempotency-Key\`, a change of one thing
\`If-Match\` with the \`ETag\` of what was read. Errors are problem details (RFC 9457).`;

/** Describes the management API as OpenAPI, from the code. */
@Injectable()
export class OpenApiService {
  private app: INestApplication | undefined;
  private document: OpenAPIObject | undefined;

  /** Before the first question. */
  attach(app: INestApplication): void {
    this.app = app;
  }

  /** The document; made once, when somebody first asks. */
  get(): OpenAPIObject {
    this.document ??= this.make();
    return this.document;
  }

  private make(): OpenAPIObject {
    if (!this.app) throw new Error('the OpenAPI document needs the application');
    const config = new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Snap store: management')
      .setDescription(DESCRIPTION.replaceAll('\n', ' '))
      .setVersion('1')
      .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'token')
      .addBasicAuth({ type: 'http', scheme: 'basic' }, 'password')
      .addCookieAuth('store-session', { type: 'apiKey', in: 'cookie' }, 'session')
      .build();
    return SwaggerModule.createDocument(this.app, config, {
      include: [this.app.get(AdminApi).module],
      extraModels: [ProblemDto],
      operationIdFactory: (controller, method) => `${controller.replace(/AdminController$/, '')}.${method}`,
    });
  }
}
