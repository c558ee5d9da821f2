import { ApiProperty } from '@nestjs/swagger';

/** A member of the request that is wrong. */
export class FieldErrorDto {
  @ApiProperty({ description: 'the member of the request' })
  field!: string;

  @ApiProperty({ description: 'why it is wrong' })
  detail!: string;
}

/** A refusal. */
export class ProblemDto {
  @ApiProperty({ description: 'always about:blank: `code` says which problem it is' })
  type!: string;

  @ApiProperty({ description: 'the words of the HTTP status' })
  title!: string;

  @ApiProperty({ description: 'the HTTP status', type: 'integer' })
  status!: number;

  @ApiProperty({ description: 'what was asked, what is wrong, and what to do' })
  detail!: string;

  @ApiProperty({ description: 'the kind of refusal, for programs', example: 'not-found' })
  code!: string;

  @ApiProperty({ name: 'request-id', description: 'the id of the request, as in X-Request-Id' })
  'request-id'!: string;

  @ApiProperty({ type: [FieldErrorDto], required: false, description: 'the members that are wrong' })
  errors?: FieldErrorDto[];
}
