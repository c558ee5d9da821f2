import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
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
  ValidateNested,
} from 'class-validator';
import { MAX_SNAP_NAME_LENGTH } from '../../catalogue/snap-name.js';
import { MAX_CHANNEL_LENGTH } from '../../channels/channel.js';
import { MAX_INTEGER } from '../../common/domain/words.js';
import { MAX_GROUP_NAME_LENGTH } from '../../groups/device-group.js';
import { ChangeDto, ChangeQueryDto } from '../../management/api/change.dto.js';
import { PageDto, PageQueryDto } from '../../management/api/page.dto.js';
import { MAX_OVERRIDES } from './override-requests.js';

const MAX_DATE_LENGTH = 64;

/** A revision that devices get instead of the channel's own. */
export class OverrideDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'snap-id' })
  'snap-id'!: string;

  @ApiProperty({ example: 'latest/stable' })
  channel!: string;

  @ApiProperty({ example: 'amd64' })
  architecture!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'null: the override was deleted' })
  revision!: number | null;

  @ApiProperty({
    name: 'upstream-revision',
    type: 'integer',
    nullable: true,
    description: 'of the channel itself; null: it has none',
  })
  'upstream-revision'!: number | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'the group of devices; null: all devices' })
  group!: string | null;

  @ApiProperty({ name: 'expires-at', type: 'string', nullable: true, format: 'date-time' })
  'expires-at'!: string | null;
}

export class OverridePageDto extends PageDto {
  @ApiProperty({ type: [OverrideDto] })
  items!: OverrideDto[];
}

/** The overrides of one snap. */
export class SnapOverridesDto {
  @ApiProperty({ type: [OverrideDto] })
  items!: OverrideDto[];
}

/** The overrides that a request changed. */
export class OverridesResultDto extends SnapOverridesDto {
  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;
}

/** Which overrides are listed. */
export class OverridesQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'only overrides for this group', maxLength: MAX_GROUP_NAME_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_GROUP_NAME_LENGTH)
  group?: string;
}

/** A new override. */
export class NewOverrideDto {
  @ApiProperty({ description: 'of the snap', maxLength: MAX_SNAP_NAME_LENGTH })
  @IsString()
  @MaxLength(MAX_SNAP_NAME_LENGTH)
  name!: string;

  @ApiProperty({ example: 'latest/stable', maxLength: MAX_CHANNEL_LENGTH })
  @IsString()
  @MaxLength(MAX_CHANNEL_LENGTH)
  channel!: string;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_INTEGER })
  @IsInt()
  @Min(1)
  @Max(MAX_INTEGER)
  revision!: number;

  @ApiPropertyOptional({ name: 'expires-at', description: 'a date, or date, time and zone' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DATE_LENGTH)
  'expires-at'?: string;

  @ApiPropertyOptional({
    description: 'only for the devices of this group',
    maxLength: MAX_GROUP_NAME_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_GROUP_NAME_LENGTH)
  group?: string;

  @ApiPropertyOptional({ name: 'new-track', description: 'allow a track that the snap never had' })
  @IsOptional()
  @IsBoolean()
  'new-track'?: boolean;
}

/** Overrides to set: all of them, or none. */
export class NewOverridesDto extends ChangeDto {
  @ApiProperty({ type: [NewOverrideDto], maxItems: MAX_OVERRIDES })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_OVERRIDES)
  @ValidateNested({ each: true })
  @Type(() => NewOverrideDto)
  overrides!: NewOverrideDto[];
}

/** The override to delete. */
export class DeletedOverrideQueryDto extends ChangeQueryDto {
  @ApiProperty({ example: 'latest/stable', maxLength: MAX_CHANNEL_LENGTH })
  @IsString()
  @MaxLength(MAX_CHANNEL_LENGTH)
  channel!: string;

  @ApiPropertyOptional({
    description: 'delete the override for this group, not the one for all devices',
    maxLength: MAX_GROUP_NAME_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_GROUP_NAME_LENGTH)
  group?: string;
}
