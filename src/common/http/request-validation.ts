import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import * as transformerPackage from 'class-transformer';
import * as validatorPackage from 'class-validator';
import { StoreError } from '../errors.js';

// Passed in, because Nest would look for them at run time, but the program is one file.
const PACKAGES = { transformerPackage, validatorPackage };

/** What is wrong with one member, nested ones included. */
function messagesOf({ constraints, children = [] }: ValidationError): string[] {
  return [...Object.values(constraints ?? {}), ...children.flatMap(messagesOf)];
}

/** For parameters of devices. Unknown ones are accepted, because newer snapds send more. */
export const DEVICE_PARAMETERS = new ValidationPipe({
  ...PACKAGES,
  whitelist: true,
  exceptionFactory: (errors) =>
    new StoreError(
      'invalid-request',
      `cannot read request: ${errors.flatMap(({ property, value, constraints }) => (Array.isArray(value) ? [`${property} occurs more than once`] : Object.values(constraints ?? {}))).join(', ')}`,
    ),
});

/** For the management API: a member that nobody knows is a mistake of the caller, not to be passed over. */
export class StrictPipe extends ValidationPipe {
  constructor() {
    super({
      ...PACKAGES,
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      stopAtFirstError: true,
      exceptionFactory: (errors) =>
        new StoreError('invalid-request', `cannot read request: ${errors.flatMap(messagesOf).join(', ')}`, {
          fields: errors.map((error) => ({ field: error.property, detail: messagesOf(error).join(', ') })),
        }),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Only named JSON is decoded: no page elsewhere can make a browser send that.
    if (metadata.type === 'body' && (Buffer.isBuffer(value) || value === undefined || value === null))
      throw new StoreError(
        'unsupported-media-type',
        'cannot read request: send a JSON object with Content-Type: application/json',
      );
    return (await super.transform(value, metadata)) as unknown;
  }
}
