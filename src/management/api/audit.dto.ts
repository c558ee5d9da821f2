import { ApiProperty } from '@nestjs/swagger';
import { PageDto } from './page.dto.js';

/** Who did something. */
export class ActorDto {
  @ApiProperty({ enum: ['operator', 'token', 'machine', 'store'] })
  kind!: string;

  @ApiProperty()
  name!: string;
}

/** Something that was changed. */
export class AuditEventDto {
  @ApiProperty({ type: 'integer' })
  sequence!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  actor!: ActorDto;

  @ApiProperty({ type: 'string', nullable: true, description: 'from where; null for a command' })
  address!: string | null;

  @ApiProperty({ name: 'request-id', type: 'string', nullable: true })
  'request-id'!: string | null;

  @ApiProperty({ example: 'operator.add' })
  action!: string;

  @ApiProperty({ description: 'what was changed: a name, a key' })
  subject!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  before!: unknown;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  after!: unknown;

  @ApiProperty({ description: 'SHA-256 over the row and the hash of the row before it' })
  hash!: string;
}

export class AuditPageDto extends PageDto {
  @ApiProperty({ type: [AuditEventDto] })
  items!: AuditEventDto[];
}
