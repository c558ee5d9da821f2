import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { MAX_CHANNEL_LENGTH } from '../channels/channel.js';
import { MAX_INTEGER } from '../common/domain/words.js';
import { ActorDto } from '../management/api/audit.dto.js';
import { ChangeDto } from '../management/api/change.dto.js';

/** Most channels, and most architectures, that one request changes. */
export const MAX_CHANGED_CHANNELS = 100;
export const MAX_CHANGED_ARCHITECTURES = 32;

/** Longest name of an architecture, in characters. */
export const MAX_ARCHITECTURE_LENGTH = 32;
const MAX_DATE_LENGTH = 64;

/** A list of architectures that may be missing. */
function Architectures(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ isArray: true, type: 'string', description, maxItems: MAX_CHANGED_ARCHITECTURES }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(MAX_CHANGED_ARCHITECTURES),
    IsString({ each: true }),
    MaxLength(MAX_ARCHITECTURE_LENGTH, { each: true }),
  );
}

/** An open channel of an architecture. */
export class OpenChannelDto {
  @ApiProperty({ example: 'latest/stable' })
  channel!: string;

  @ApiProperty({ example: 'amd64' })
  architecture!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  revision!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'of the devices, for a progressive release' })
  percentage!: number | null;

  @ApiProperty({
    name: 'other-revision',
    type: 'integer',
    nullable: true,
    description: 'of the other devices, for a progressive release',
  })
  'other-revision'!: number | null;

  @ApiProperty({ name: 'released-at', format: 'date-time' })
  'released-at'!: string;

  @ApiProperty({ name: 'expires-at', type: 'string', nullable: true, format: 'date-time' })
  'expires-at'!: string | null;

  @ApiProperty({ enum: ['import', 'operator'] })
  origin!: string;

  @ApiProperty({ type: ActorDto, nullable: true })
  actor!: ActorDto | null;
}

/** The channels of a snap that have a revision, without overrides. */
export class ChannelMapDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'default-track', type: 'string', nullable: true })
  'default-track'!: string | null;

  @ApiProperty({ type: [OpenChannelDto] })
  channels!: OpenChannelDto[];
}

/** The channels of a request. */
class ChannelsDto extends ChangeDto {
  @ApiProperty({
    isArray: true,
    type: 'string',
    example: ['latest/stable'],
    description: 'track/risk/branch; a risk alone means the track latest',
    maxItems: MAX_CHANGED_CHANNELS,
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_CHANGED_CHANNELS)
  @IsString({ each: true })
  @MaxLength(MAX_CHANNEL_LENGTH, { each: true })
  channels!: string[];
}

/** A release of a revision to channels. */
export class NewReleaseDto extends ChannelsDto {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_INTEGER })
  @IsInt()
  @Min(1)
  @Max(MAX_INTEGER)
  revision!: number;

  @Architectures('default: all architectures of the revision')
  architectures?: string[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 100,
    description: 'of the devices; raise it to widen the rollout, 100 completes it',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  percentage?: number;

  @ApiPropertyOptional({
    name: 'expires-at',
    description: 'of branches: a date, date, time and zone, or never; default: their current expiry',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DATE_LENGTH)
  'expires-at'?: string;

  @ApiPropertyOptional({ name: 'new-track', description: 'allow a track that the snap never had' })
  @IsOptional()
  @IsBoolean()
  'new-track'?: boolean;
}

/** Channels to close. */
export class ClosedChannelsDto extends ChannelsDto {
  @Architectures('default: all that are open')
  architectures?: string[];
}

/** A channel to return to its previous revision. */
export class RollbackDto extends ChangeDto {
  @ApiProperty({ example: 'latest/stable', maxLength: MAX_CHANNEL_LENGTH })
  @IsString()
  @MaxLength(MAX_CHANNEL_LENGTH)
  channel!: string;

  @Architectures('default: all of the channel')
  architectures?: string[];
}

class ProgressiveDto {
  @ApiProperty({ type: 'integer', nullable: true })
  revision!: number | null;

  @ApiProperty({ type: 'integer' })
  percentage!: number;
}

/** The result for a channel of an architecture. */
export class ReleaseOutcomeDto {
  @ApiProperty({ example: 'latest/stable' })
  channel!: string;

  @ApiProperty({ example: 'amd64' })
  architecture!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'null: the channel is closed' })
  revision!: number | null;

  @ApiProperty({
    name: 'previous-revision',
    type: 'integer',
    nullable: true,
    description: 'the revision before; during a progressive release, the other devices get it',
  })
  'previous-revision'!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  percentage!: number | null;

  @ApiProperty({ name: 'expires-at', type: 'string', nullable: true, format: 'date-time' })
  'expires-at'!: string | null;

  @ApiProperty({ name: 'previous-expires-at', type: 'string', nullable: true, format: 'date-time' })
  'previous-expires-at'!: string | null;

  @ApiProperty({ type: ProgressiveDto, nullable: true, description: 'the progressive release before' })
  progressive!: ProgressiveDto | null;

  @ApiProperty({ description: 'false: the channel was like this before' })
  changed!: boolean;
}

/** The result of a change of channels. */
export class ReleaseResultDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;

  @ApiProperty({ type: [ReleaseOutcomeDto] })
  channels!: ReleaseOutcomeDto[];
}
