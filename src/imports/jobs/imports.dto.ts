import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
} from 'class-validator';
import { ActorDto } from '../../management/api/audit.dto.js';
import { PageDto, PageQueryDto } from '../../management/api/page.dto.js';
import { MAX_JOB_UPLOADS, PUSH_JOB_STATES, type PushJobState } from './push-job.js';

/** Channels of one import. */
const MAX_CHANNELS = 100;
const MAX_CHANNEL_LENGTH = 256;
const MAX_STORE_LENGTH = 256;

/** A new import. */
export class NewImportDto {
  @ApiProperty({ type: [String], description: 'ids of complete uploads', maxItems: MAX_JOB_UPLOADS })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_JOB_UPLOADS)
  @IsUUID(undefined, { each: true })
  uploads!: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'channels to release a bare .snap file to; default: latest/stable',
    maxItems: MAX_CHANNELS,
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_CHANNELS)
  @IsString({ each: true })
  @MaxLength(MAX_CHANNEL_LENGTH, { each: true })
  channels?: string[];

  @ApiPropertyOptional({
    name: 'push-channel-map',
    description: 'move channels to what the file says, even back to an older revision',
  })
  @IsOptional()
  @IsBoolean()
  'push-channel-map'?: boolean;

  @ApiPropertyOptional({
    name: 'new-track',
    description: 'allow channels on a track that the snap never had',
  })
  @IsOptional()
  @IsBoolean()
  'new-track'?: boolean;

  @ApiPropertyOptional({
    description: 'assign the snaps to this brand store',
    maxLength: MAX_STORE_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_STORE_LENGTH)
  store?: string;

  @ApiPropertyOptional({
    name: 'store-export',
    description: 'import the export of a brand store, as `push-store` does; one upload',
  })
  @IsOptional()
  @IsBoolean()
  'store-export'?: boolean;

  @ApiPropertyOptional({ name: 'dry-run', description: 'check everything, but change nothing' })
  @IsOptional()
  @IsBoolean()
  'dry-run'?: boolean;
}

export class ImportFileDto {
  @ApiProperty()
  filename!: string;

  @ApiProperty({ name: 'size-bytes', type: 'integer' })
  'size-bytes'!: number;
}

export class ImportErrorDto {
  @ApiProperty()
  code!: string;

  @ApiProperty()
  message!: string;
}

/** An import. */
export class ImportDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ enum: PUSH_JOB_STATES, description: 'refused: at least one file was not pushed' })
  state!: PushJobState;

  @ApiProperty({ description: 'who asked for it' })
  actor!: ActorDto;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'as it was asked for' })
  options!: object;

  @ApiProperty({ type: [ImportFileDto] })
  files!: ImportFileDto[];

  @ApiProperty({ name: 'total-bytes', type: 'integer' })
  'total-bytes'!: number;

  @ApiProperty({ name: 'done-bytes', type: 'integer' })
  'done-bytes'!: number;

  @ApiProperty({ type: ImportErrorDto, nullable: true, description: 'why it was refused' })
  error!: ImportErrorDto | null;

  @ApiProperty({ name: 'cancelled-by', type: 'string', nullable: true })
  'cancelled-by'!: string | null;

  @ApiProperty({ type: 'integer', description: 'how often a unit began it: again if a unit was stopped' })
  attempts!: number;

  @ApiProperty({ name: 'created-at', format: 'date-time' })
  'created-at'!: string;

  @ApiProperty({ name: 'started-at', type: 'string', format: 'date-time', nullable: true })
  'started-at'!: string | null;

  @ApiProperty({ name: 'ended-at', type: 'string', format: 'date-time', nullable: true })
  'ended-at'!: string | null;
}

/** An import with what it brought. */
export class ImportWithResultDto extends ImportDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'as `push-snap --json` prints it, with the lines that it prints otherwise; null before the end',
  })
  result!: unknown;
}

export class ImportPageDto extends PageDto {
  @ApiProperty({ type: [ImportDto] })
  items!: ImportDto[];
}

export class ImportQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: PUSH_JOB_STATES })
  @IsOptional()
  @IsIn(PUSH_JOB_STATES)
  state?: PushJobState;
}
