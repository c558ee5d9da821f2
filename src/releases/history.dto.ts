import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { MAX_CHANNEL_LENGTH } from '../channels/channel.js';
import { ActorDto } from '../management/api/audit.dto.js';
import { PageDto, PageQueryDto } from '../management/api/page.dto.js';
import { MAX_ARCHITECTURE_LENGTH } from './releases.dto.js';

/** A part of the history. */
export class HistoryQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'only releases for this architecture' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_ARCHITECTURE_LENGTH)
  architecture?: string;

  @ApiPropertyOptional({ description: 'only releases to this channel', maxLength: MAX_CHANNEL_LENGTH })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CHANNEL_LENGTH)
  channel?: string;
}

/** A release of the past, or of the present. */
export class HistoryEntryDto {
  @ApiProperty({ example: 'latest/stable' })
  channel!: string;

  @ApiProperty({ example: 'amd64' })
  architecture!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'null: the channel was closed' })
  revision!: number | null;

  @ApiPropertyOptional({ type: 'integer' })
  percentage?: number;

  @ApiProperty({ enum: ['import', 'operator'] })
  origin!: string;

  @ApiPropertyOptional({ description: 'the file that was pushed' })
  source?: string;

  @ApiProperty({ type: ActorDto, nullable: true, description: 'null: it was not recorded' })
  actor!: ActorDto | null;

  @ApiProperty({ name: 'added-at', format: 'date-time' })
  'added-at'!: string;

  @ApiProperty({ name: 'released-at', format: 'date-time' })
  'released-at'!: string;

  @ApiPropertyOptional({ name: 'expires-at', format: 'date-time' })
  'expires-at'?: string;
}

export class HistoryPageDto extends PageDto {
  @ApiProperty({ type: [HistoryEntryDto] })
  items!: HistoryEntryDto[];
}
