import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageDto, PageQueryDto } from './page.dto.js';

const MAX_FILTER_LENGTH = 1_024;
const MAX_DATE_LENGTH = 64;

/** Which changes are asked for. */
export class AuditQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    description: 'only what this operator, token or account did: `jo`, `token ci`',
    maxLength: MAX_FILTER_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_FILTER_LENGTH)
  who?: string;

  @ApiPropertyOptional({
    description: 'only this: `operator.add`, or `operator` for all of them',
    maxLength: MAX_FILTER_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_FILTER_LENGTH)
  action?: string;

  @ApiPropertyOptional({ description: 'only what was done to this', maxLength: MAX_FILTER_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_FILTER_LENGTH)
  subject?: string;

  @ApiPropertyOptional({ description: 'not before this date, or date, time and zone' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DATE_LENGTH)
  since?: string;

  @ApiPropertyOptional({ description: 'before this date, or date, time and zone' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DATE_LENGTH)
  until?: string;
}

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
