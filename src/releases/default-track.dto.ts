import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';
import { MAX_CHANNEL_LENGTH } from '../channels/channel.js';
import { ChangeDto } from '../management/api/change.dto.js';

/** The track of devices that name none. */
export class DefaultTrackDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({
    name: 'default-track',
    type: 'string',
    nullable: true,
    description: 'null: devices get latest',
  })
  'default-track'!: string | null;

  @ApiProperty({ enum: ['import', 'operator'], description: 'who chose it' })
  origin!: string;
}

/** The default track from now on. */
export class DefaultTrackResultDto extends DefaultTrackDto {
  @ApiProperty({ name: 'dry-run' })
  'dry-run'!: boolean;

  @ApiProperty()
  changed!: boolean;
}

/** A new default track: either a track, or the imported one. */
export class DefaultTrackChoiceDto extends ChangeDto {
  @ApiPropertyOptional({
    name: 'default-track',
    type: 'string',
    nullable: true,
    description: 'a track with at least one released revision; null removes it',
    maxLength: MAX_CHANNEL_LENGTH,
  })
  @ValidateIf(({ 'default-track': track }: DefaultTrackChoiceDto) => track !== undefined && track !== null)
  @IsString()
  @MaxLength(MAX_CHANNEL_LENGTH)
  'default-track'?: string | null;

  @ApiPropertyOptional({ description: 'use the default track that was imported with the snap' })
  @IsOptional()
  @IsBoolean()
  imported?: boolean;
}
